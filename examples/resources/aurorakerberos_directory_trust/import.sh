terraform import aurorakerberos_directory_trust.onprem d-1234567890/onprem.example.com
