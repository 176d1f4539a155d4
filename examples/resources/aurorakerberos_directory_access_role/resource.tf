resource "aurorakerberos_directory_access_role" "aurora" {
  tags = {
    Purpose = "kerberos"
  }
}
