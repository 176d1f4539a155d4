# Verification required: an apply fails until the other side is set up
resource "aurorakerberos_directory_trust" "verified" {
  directory_id       = aurorakerberos_directory.corp.id
  remote_domain_name = "onprem.example.com"
  trust_direction    = "Two-Way"
  selective_auth     = "Enabled"

  trust_password_wo         = var.trust_password
  trust_password_wo_version = 1

  conditional_forwarder_ip_addrs          = ["10.20.0.10", "10.20.0.11"]
  delete_associated_conditional_forwarder = true
  require_verified                        = true

  timeouts {
    create = "20m"
  }
}
