# From "no Active Directory" to "our people log in to PostgreSQL with Kerberos": steps 1, 3, 6 and 8 of AWS's guide
# "Setting up Kerberos authentication for PostgreSQL DB clusters".

terraform {
  required_version = ">= 1.11"

  required_providers {
    aurorakerberos = {
      source = "aurorakerberos/aurorakerberos"
    }
  }
}

variable "domain" {
  description = "Fully qualified name of the directory."
  type        = string
  default     = "corp.example.com"
}

variable "subnet_ids" {
  description = "Two subnets of one VPC in different Availability Zones, for the domain controllers."
  type        = list(string)
}

variable "cluster_identifier" {
  description = "Aurora PostgreSQL cluster that joins the directory."
  type        = string
}

variable "admin_password" {
  description = "Password of the directory's user Admin. It is sent to AWS and never stored."
  type        = string
  sensitive   = true
  ephemeral   = true
}

# Step 1: the directory.
resource "aurorakerberos_directory" "corp" {
  name       = var.domain
  short_name = "CORP"
  edition    = "Standard"
  subnet_ids = var.subnet_ids

  admin_password_wo         = var.admin_password
  admin_password_wo_version = 1

  tags = {
    Environment = "demo"
  }
}

# Step 3: the role with which Aurora calls Directory Service.
resource "aurorakerberos_directory_access_role" "aurora" {
  name = "aurora-directory-access"
}

# Step 6: the cluster joins, its instances are rebooted one by one (readers first), and the apply ends when every
# member says kerberos-enabled.
resource "aurorakerberos_domain_association" "demo" {
  cluster_identifier = var.cluster_identifier
  directory_id       = aurorakerberos_directory.corp.id
  iam_role_name      = aurorakerberos_directory_access_role.aurora.name
  reboot_strategy    = "rolling"
}

# Step 8: the clients' krb5.conf.
data "aurorakerberos_krb5_conf" "clients" {
  directory_id = aurorakerberos_directory.corp.id
  style        = "hardened"

  depends_on = [aurorakerberos_domain_association.demo]
}

output "directory_id" {
  value = aurorakerberos_directory.corp.id
}

output "memberships" {
  value = aurorakerberos_domain_association.demo.domain_memberships
}

output "krb5_conf" {
  description = "Content of /etc/krb5.conf on the clients."
  value       = data.aurorakerberos_krb5_conf.clients.content
}

output "database_user" {
  description = "CREATE USER this name, and GRANT rds_ad to it, for the directory's user alice."
  value       = provider::aurorakerberos::principal("alice", var.domain)
}
