import {
  to = aurorakerberos_directory_trust.onprem
  identity = {
    directory_id       = "d-1234567890"
    remote_domain_name = "onprem.example.com"
    account_id         = "111122223333" # optional
    region             = "us-east-1"    # optional
  }
}
