# Password in the state, for Terraform before 1.11
resource "aurorakerberos_directory_trust" "legacy" {
  directory_id       = aurorakerberos_directory.corp.id
  remote_domain_name = "onprem.example.com"
  trust_direction    = "One-Way: Outgoing"
  trust_password     = var.trust_password
}
