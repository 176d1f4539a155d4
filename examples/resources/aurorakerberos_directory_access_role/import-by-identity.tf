import {
  to = aurorakerberos_directory_access_role.aurora

  identity = {
    name = "rds-directoryservice-kerberos-access-role"
  }
}
