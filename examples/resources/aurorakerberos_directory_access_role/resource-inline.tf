# Without AWS's managed policy

# A unique name, the guide's four actions inline, and a permissions boundary, as many
# organizations demand for roles that Terraform creates.
variable "permissions_boundary" {
  description = "ARN of the policy that bounds the role's permissions."
  type        = string
}

resource "aurorakerberos_directory_access_role" "bounded" {
  name_prefix          = "aurora-kerberos-"
  path                 = "/database/"
  description          = "Aurora calls Directory Service with this role"
  policy               = "inline"
  permissions_boundary = var.permissions_boundary
}
