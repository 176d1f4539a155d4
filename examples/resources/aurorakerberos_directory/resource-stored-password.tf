# Password in the state, for Terraform before 1.11
resource "aurorakerberos_directory" "legacy" {
  name           = "corp.example.com"
  edition        = "Standard"
  subnet_ids     = ["subnet-0a1b2c3d4e5f60001", "subnet-0a1b2c3d4e5f60002"]
  admin_password = var.admin_password
}
