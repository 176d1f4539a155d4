resource "aurorakerberos_domain_association" "orders" {
  cluster_identifier = "orders"
  directory_id       = aurorakerberos_directory.corp.id
  iam_role_name      = aurorakerberos_directory_access_role.aurora.name

  # Readers first and one at a time, the writer last.
  reboot_strategy = "rolling"
}

resource "aurorakerberos_directory_access_role" "aurora" {}

resource "aurorakerberos_directory" "corp" {
  name                      = "corp.example.com"
  subnet_ids                = var.subnet_ids
  admin_password_wo         = var.admin_password
  admin_password_wo_version = 1
}

variable "subnet_ids" {
  type = list(string)
}

variable "admin_password" {
  type      = string
  sensitive = true
  ephemeral = true
}
