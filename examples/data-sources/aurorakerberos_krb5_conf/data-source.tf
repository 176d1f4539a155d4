resource "aurorakerberos_directory" "corp" {
  name                      = "corp.example.com"
  subnet_ids                = ["subnet-0a1b2c3d4e5f60001", "subnet-0a1b2c3d4e5f60002"]
  admin_password_wo         = var.admin_password
  admin_password_wo_version = 1
}

# The realm, its KDC, and the realms of the directory's trusts are read from Directory Service.
data "aurorakerberos_krb5_conf" "clients" {
  directory_id = aurorakerberos_directory.corp.id
  style        = "hardened"
}

output "krb5_conf" {
  value = data.aurorakerberos_krb5_conf.clients.content
}

variable "admin_password" {
  type      = string
  sensitive = true
  ephemeral = true
}
