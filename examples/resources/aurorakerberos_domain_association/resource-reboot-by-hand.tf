# No instance is rebooted

# The apply ends with the list of instances to reboot and the commands for it. Once they have been rebooted, a refresh shows that they have joined.
resource "aurorakerberos_domain_association" "quiet" {
  cluster_identifier = "billing"
  directory_id       = "d-1234567890"
  iam_role_name      = "rds-directoryservice-kerberos-access-role"
  reboot_strategy    = "none"

  timeouts {
    create = "30m"
  }
}
