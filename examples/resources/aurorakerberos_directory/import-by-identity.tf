import {
  to = aurorakerberos_directory.corp
  identity = {
    id         = "d-1234567890"
    account_id = "111122223333" # optional
    region     = "us-east-1"    # optional
  }
}
