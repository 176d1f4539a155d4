variable "trust_password" {
  description = "Password that the administrators of both domains agreed on. It is sent to AWS and never stored."
  type        = string
  sensitive   = true
  ephemeral   = true
}

# The directory trusts the on-premises domain, whose users log in to Aurora. The other side, an incoming trust with the same
# password, is set up in the on-premises domain.
resource "aurorakerberos_directory_trust" "onprem" {
  directory_id       = aurorakerberos_directory.corp.id
  remote_domain_name = "onprem.example.com"
  trust_direction    = "One-Way: Outgoing"

  trust_password_wo         = var.trust_password
  trust_password_wo_version = 1

  # DNS servers that know onprem.example.com.
  conditional_forwarder_ip_addrs = ["10.20.0.10", "10.20.0.11"]
}
