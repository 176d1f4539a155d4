variable "admin_password" {
  description = "Password of the directory's user Admin. It is sent to AWS and never stored."
  type        = string
  sensitive   = true
  ephemeral   = true
}

resource "aurorakerberos_directory" "corp" {
  name       = "corp.example.com"
  short_name = "CORP"
  edition    = "Standard"

  # Two subnets of one VPC, in different Availability Zones.
  subnet_ids = ["subnet-0a1b2c3d4e5f60001", "subnet-0a1b2c3d4e5f60002"]

  # To set a new password, raise the version. It is set in place.
  admin_password_wo         = var.admin_password
  admin_password_wo_version = 1

  tags = {
    Environment = "production"
  }

  # Users, groups and logins are lost with a directory.
  lifecycle {
    prevent_destroy = true
  }
}
