#include "transport/tls.h"

#include <grpcpp/security/credentials.h>
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/security/tls_certificate_provider.h>
#include <grpcpp/security/tls_certificate_verifier.h>
#include <grpcpp/security/tls_credentials_options.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <algorithm>
#include <cstdlib>

#include "absl/strings/str_format.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "transport/crl_directory.h"

namespace transport {
namespace {

using ::grpc::experimental::FileWatcherCertificateProvider;

template <auto Free>
struct Deleter {
  template <typename T>
  void operator()(T* object) const {
    Free(object);
  }
};
using Bio = std::unique_ptr<BIO, Deleter<BIO_free_all>>;
using Certificate = std::unique_ptr<X509, Deleter<X509_free>>;
using Key = std::unique_ptr<EVP_PKEY, Deleter<EVP_PKEY_free>>;

absl::StatusOr<Certificate> ReadCertificate(const std::string& path) {
  ASSIGN_OR_RETURN(const std::string pem, base::ReadFile(path));
  const Bio bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  Certificate certificate(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
  ERR_clear_error();
  if (certificate != nullptr) return certificate;
  return absl::FailedPreconditionError(absl::StrFormat("%s: no PEM certificate", path));
}

absl::StatusOr<Key> ReadKey(const std::string& path) {
  ASSIGN_OR_RETURN(const std::string pem, base::ReadFile(path));
  const Bio bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  Key key(PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, nullptr));
  ERR_clear_error();
  if (key != nullptr) return key;
  return absl::FailedPreconditionError(absl::StrFormat("%s: no PEM private key", path));
}

// gRPC only logs what is wrong with the files, and then fails every handshake: look at them first.
absl::Status CheckFiles(const TlsFiles& files) {
  RETURN_IF_ERROR(ReadCertificate(files.ca_file).status());
  if (!files.crl_directory.empty()) RETURN_IF_ERROR(CheckCrlDirectory(files.crl_directory));
  ASSIGN_OR_RETURN(const Certificate certificate, ReadCertificate(files.certificate_file));
  ASSIGN_OR_RETURN(const Key key, ReadKey(files.private_key_file));
  if (X509_check_private_key(certificate.get(), key.get()) == 1) return absl::OkStatus();
  ERR_clear_error();
  return absl::FailedPreconditionError(
      absl::StrFormat("%s is not the key of %s", files.private_key_file, files.certificate_file));
}

std::shared_ptr<FileWatcherCertificateProvider> Watch(const TlsFiles& files,
                                                      absl::Duration reload_interval) {
  const std::int64_t seconds = std::max<std::int64_t>(1, absl::ToInt64Seconds(reload_interval));
  return std::make_shared<FileWatcherCertificateProvider>(files.private_key_file,
                                                          files.certificate_file, files.ca_file,
                                                          static_cast<unsigned int>(seconds));
}

}  // namespace

void RequireTls13() {
  // NOLINTNEXTLINE(concurrency-mt-unsafe): no threads yet, as the header demands
  setenv("GRPC_SSL_CIPHER_SUITES", "PSK-AES256-GCM-SHA384", /*overwrite=*/1);
}

absl::StatusOr<std::shared_ptr<grpc::ServerCredentials>> MakeServerCredentials(
    const TlsFiles& files, absl::Duration reload_interval) {
  RETURN_IF_ERROR(CheckFiles(files));
  grpc::experimental::TlsServerCredentialsOptions options(Watch(files, reload_interval));
  options.watch_root_certs();
  options.watch_identity_key_cert_pairs();
  options.set_cert_request_type(GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
  // The chain is verified in the handshake; who the client is, identity.h reads.
  options.set_certificate_verifier(std::make_shared<grpc::experimental::NoOpCertificateVerifier>());
  options.set_check_call_host(false);
  if (!files.crl_directory.empty()) options.set_crl_directory(files.crl_directory);
  return grpc::experimental::TlsServerCredentials(options);
}

absl::StatusOr<std::shared_ptr<grpc::ChannelCredentials>> MakeChannelCredentials(
    const TlsFiles& files, absl::Duration reload_interval) {
  RETURN_IF_ERROR(CheckFiles(files));
  grpc::experimental::TlsChannelCredentialsOptions options;
  options.set_certificate_provider(Watch(files, reload_interval));
  options.watch_root_certs();
  options.watch_identity_key_cert_pairs();
  options.set_verify_server_certs(true);
  options.set_certificate_verifier(
      std::make_shared<grpc::experimental::HostNameCertificateVerifier>());
  if (!files.crl_directory.empty()) options.set_crl_directory(files.crl_directory);
  return grpc::experimental::TlsCredentials(options);
}

}  // namespace transport
