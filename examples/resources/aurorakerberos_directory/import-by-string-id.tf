import {
  to = aurorakerberos_directory.corp
  id = "d-1234567890"
}
