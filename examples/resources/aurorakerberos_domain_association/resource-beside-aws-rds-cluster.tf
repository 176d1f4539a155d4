# A cluster that the AWS provider manages

# Its arguments domain and domain_iam_role_name read back what the association has set; without ignore_changes the AWS provider would plan to take the cluster out of the domain again.
resource "aws_rds_cluster" "orders" {
  cluster_identifier          = "orders"
  engine                      = "aurora-postgresql"
  engine_version              = "16.6"
  master_username             = "postgres"
  manage_master_user_password = true
  db_subnet_group_name        = var.db_subnet_group_name
  vpc_security_group_ids      = [var.security_group_id]

  lifecycle {
    ignore_changes = [domain, domain_iam_role_name]
  }
}

resource "aws_rds_cluster_instance" "orders" {
  count = 2

  identifier         = "orders-${count.index}"
  cluster_identifier = aws_rds_cluster.orders.id
  engine             = aws_rds_cluster.orders.engine
  instance_class     = "db.r6g.large"
}

resource "aurorakerberos_domain_association" "orders" {
  cluster_identifier = aws_rds_cluster.orders.id
  directory_id       = var.directory_id
  iam_role_name      = "rds-directoryservice-kerberos-access-role"
  reboot_strategy    = "rolling"

  # Instances must be there to join; one that is added later shows in the plan of the next run.
  depends_on = [aws_rds_cluster_instance.orders]
}

variable "db_subnet_group_name" {
  type = string
}

variable "security_group_id" {
  type = string
}

variable "directory_id" {
  type = string
}
