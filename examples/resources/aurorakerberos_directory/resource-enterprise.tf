# Enterprise edition, with all that is changed in place
resource "aurorakerberos_directory" "big" {
  name        = "corp.example.com"
  description = "Users of the Aurora clusters"
  edition     = "Enterprise"
  vpc_id      = "vpc-0a1b2c3d4e5f60001"
  subnet_ids  = ["subnet-0a1b2c3d4e5f60001", "subnet-0a1b2c3d4e5f60002"]

  admin_password_wo         = var.admin_password
  admin_password_wo_version = 1

  desired_number_of_domain_controllers = 4
  alias                                = "example-corp"
  enable_sso                           = true
  enable_directory_data_access         = true

  timeouts {
    create = "90m"
    update = "8h"
  }
}
