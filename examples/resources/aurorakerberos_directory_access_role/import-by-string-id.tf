import {
  to = aurorakerberos_directory_access_role.aurora
  id = "rds-directoryservice-kerberos-access-role"
}
