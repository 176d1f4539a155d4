import {
  to = aurorakerberos_directory_trust.onprem
  id = "d-1234567890/onprem.example.com"
}
