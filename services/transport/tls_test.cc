// Mutual TLS 1.3 as peers meet it: real servers and channels on loopback, certificates of the lab's
// CA, and a bare OpenSSL client for what gRPC would not do.

#include "transport/tls.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <sys/socket.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "base/deadline.h"
#include "base/testing/status_matchers.h"
#include "base/testing/temp_directory.h"
#include "lab/certificate_authority.h"
#include "padlock/probe/v1/coordinator_service.grpc.pb.h"
#include "transport/call.h"
#include "transport/connection.h"
#include "transport/to_grpc_status.h"

namespace transport {
namespace {

using ::base::testing::IsOk;
using ::base::testing::StatusIs;
using ::padlock::probe::v1::ConnectRequest;
using ::padlock::probe::v1::ConnectResponse;
using ::padlock::probe::v1::CoordinatorService;

const bool kTls13 = (RequireTls13(), true);

TlsFiles Files(const lab::Credentials& credentials) {
  return {credentials.ca_file, credentials.certificate_file, credentials.private_key_file};
}

// Tells every caller who it is: in the text of the status ALREADY_EXISTS.
class MirrorService final : public CoordinatorService::Service {
  grpc::Status Connect(grpc::ServerContext* context,
                       grpc::ServerReaderWriter<ConnectResponse, ConnectRequest>*) override {
    const auto identity = IdentityOf(*context, IdentityRules{});
    if (!identity.ok()) return ToGrpcStatus(identity.status(), "");
    return {grpc::StatusCode::ALREADY_EXISTS, identity->name};
  }
};

class TlsTest : public ::testing::Test {
 protected:
  TlsTest() {
    ca_ = *lab::CertificateAuthority::Create(NewDirectory("ca"));
    server_files_ = Files(*ca_->Mint({.name = "server", .dns_names = {"cert.padlock"}}));
    probe_files_ = Files(*ca_->Mint({.name = "probe", .uris = {"spiffe://padlock/probe/eu"}}));
    Serve();
  }
  ~TlsTest() override { server_->Shutdown(); }

  // With server_files_ as they are now, on another port.
  void Serve() {
    if (server_ != nullptr) server_->Shutdown();
    const auto credentials = MakeServerCredentials(server_files_, absl::Seconds(1));
    ASSERT_TRUE(credentials.ok()) << credentials.status();
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", *credentials, &port_);
    Configure(ServerOptions{}, builder);
    builder.RegisterService(&service_);
    server_ = builder.BuildAndStart();
  }

  std::string NewDirectory(const std::string& name) {
    std::filesystem::create_directory(directory_.path() + name);
    return directory_.path() + name;
  }

  // What the server calls the client with these credentials, over a new connection.
  absl::Status Call(const std::shared_ptr<grpc::ChannelCredentials>& credentials,
                    const std::string& server_name = "cert.padlock") {
    grpc::ChannelArguments arguments;
    Configure(server_name, arguments);
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    const auto channel =
        grpc::CreateCustomChannel("127.0.0.1:" + std::to_string(port_), credentials, arguments);
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(10));
    const auto stream = CoordinatorService::NewStub(channel)->Connect(&context);
    return FromGrpcStatus(stream->Finish());
  }

  const base::testing::TempDirectory directory_;
  std::unique_ptr<lab::CertificateAuthority> ca_;
  TlsFiles server_files_;
  TlsFiles probe_files_;
  MirrorService service_;
  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
};

TEST_F(TlsTest, TheServerLearnsTheClientsSpiffeId) {
  EXPECT_EQ(Call(*MakeChannelCredentials(probe_files_)),
            absl::AlreadyExistsError("spiffe://padlock/probe/eu"));
}

TEST_F(TlsTest, RefusesAClientWithoutACertificate) {
  std::ifstream file(ca_->root_file());
  const std::string root{std::istreambuf_iterator<char>(file), {}};
  grpc::SslCredentialsOptions options;
  options.pem_root_certs = root;
  EXPECT_THAT(Call(grpc::SslCredentials(options)), StatusIs(absl::StatusCode::kUnavailable));
}

TEST_F(TlsTest, RefusesAClientOfAnotherCa) {
  const auto other = *lab::CertificateAuthority::Create(NewDirectory("other"));
  TlsFiles foreign = Files(*other->Mint({.name = "probe", .uris = {"spiffe://padlock/probe/eu"}}));
  foreign.ca_file = ca_->root_file();  // it trusts us, we do not trust it
  EXPECT_THAT(Call(*MakeChannelCredentials(foreign)), StatusIs(absl::StatusCode::kUnavailable));
}

TEST_F(TlsTest, RefusesAnExpiredClient) {
  const TlsFiles expired = Files(*ca_->Mint(
      {.name = "old", .uris = {"spiffe://padlock/probe/eu"}, .lifetime = -absl::Hours(1)}));
  EXPECT_THAT(Call(*MakeChannelCredentials(expired)), StatusIs(absl::StatusCode::kUnavailable));
}

TEST_F(TlsTest, RefusesARevokedClientAndServesAnother) {
  const TlsFiles stolen =
      Files(*ca_->Mint({.name = "stolen", .uris = {"spiffe://padlock/probe/eu"}}));
  server_files_.crl_directory = NewDirectory("crl");
  ASSERT_THAT(ca_->WriteRevocations({stolen.certificate_file}, server_files_.crl_directory, 0),
              IsOk());
  Serve();
  EXPECT_THAT(Call(*MakeChannelCredentials(stolen)), StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_EQ(Call(*MakeChannelCredentials(probe_files_)),
            absl::AlreadyExistsError("spiffe://padlock/probe/eu"));
}

TEST_F(TlsTest, NewConnectionsAreHeldAgainstAListThatWasAdded) {
  server_files_.crl_directory = NewDirectory("crl");
  ASSERT_THAT(ca_->WriteRevocations({}, server_files_.crl_directory, 0), IsOk());
  Serve();
  const auto credentials = *MakeChannelCredentials(probe_files_);
  EXPECT_EQ(Call(credentials), absl::AlreadyExistsError("spiffe://padlock/probe/eu"));
  ASSERT_THAT(
      ca_->WriteRevocations({probe_files_.certificate_file}, server_files_.crl_directory, 1),
      IsOk());
  EXPECT_THAT(Call(credentials), StatusIs(absl::StatusCode::kUnavailable));
}

TEST_F(TlsTest, TheClientRefusesARevokedServer) {
  TlsFiles files = probe_files_;
  files.crl_directory = NewDirectory("crl");
  ASSERT_THAT(ca_->WriteRevocations({server_files_.certificate_file}, files.crl_directory, 0),
              IsOk());
  EXPECT_THAT(Call(*MakeChannelCredentials(files)), StatusIs(absl::StatusCode::kUnavailable));
}

TEST_F(TlsTest, SaysAtStartWhichRevocationListWouldNotBeFound) {
  TlsFiles files = server_files_;
  files.crl_directory = directory_.path() + "none";
  EXPECT_THAT(MakeServerCredentials(files), StatusIs(absl::StatusCode::kNotFound));
  files.crl_directory = NewDirectory("crl");
  const auto refuses = [&] {
    return MakeServerCredentials(files).status().code() == absl::StatusCode::kFailedPrecondition;
  };
  EXPECT_TRUE(refuses());  // there is none
  ASSERT_THAT(ca_->WriteRevocations({}, files.crl_directory, 1), IsOk());
  EXPECT_TRUE(refuses());  // it is not the first
  ASSERT_THAT(ca_->WriteRevocations({}, files.crl_directory, 0), IsOk());
  EXPECT_THAT(MakeServerCredentials(files), IsOk());
  directory_.Write("crl/README", "is no list");
  EXPECT_THAT(MakeServerCredentials(files), IsOk());
  directory_.Write("crl/00000000.r0", "is no list");
  EXPECT_TRUE(refuses());
  std::filesystem::remove(files.crl_directory + "/00000000.r0");
  directory_.Write("crl/00000000.0", "a CA's certificate");
  EXPECT_TRUE(refuses());
}

TEST_F(TlsTest, TheClientRefusesAServerWithAnotherName) {
  EXPECT_THAT(Call(*MakeChannelCredentials(probe_files_), "other.padlock"),
              StatusIs(absl::StatusCode::kUnavailable));
}

TEST_F(TlsTest, NewConnectionsUseReplacedClientFiles) {
  const auto credentials = *MakeChannelCredentials(probe_files_, absl::Seconds(1));
  ASSERT_EQ(Call(credentials), absl::AlreadyExistsError("spiffe://padlock/probe/eu"));
  ASSERT_TRUE(ca_->Mint({.name = "probe", .uris = {"spiffe://padlock/probe/us"}}).ok());
  const base::Deadline deadline = base::Deadline::After(absl::Seconds(20));
  absl::Status seen;
  do {
    seen = Call(credentials);
  } while (seen != absl::AlreadyExistsError("spiffe://padlock/probe/us") && !deadline.Expired());
  EXPECT_EQ(seen, absl::AlreadyExistsError("spiffe://padlock/probe/us"));
}

// One handshake of a bare client that can do at most `max_version`; the serial of the server's
// certificate, or empty when the server refused.
std::string Handshake(int port, const TlsFiles& files, int max_version) {
  const std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context(SSL_CTX_new(TLS_client_method()),
                                                                  &SSL_CTX_free);
  SSL_CTX_set_max_proto_version(context.get(), max_version);
  SSL_CTX_use_certificate_chain_file(context.get(), files.certificate_file.c_str());
  SSL_CTX_use_PrivateKey_file(context.get(), files.private_key_file.c_str(), SSL_FILETYPE_PEM);
  const unsigned char alpn[] = {2, 'h', '2'};
  SSL_CTX_set_alpn_protos(context.get(), alpn, sizeof alpn);

  const int socket_fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  EXPECT_EQ(connect(socket_fd, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  std::string serial;
  {
    const std::unique_ptr<SSL, decltype(&SSL_free)> ssl(SSL_new(context.get()), &SSL_free);
    SSL_set_fd(ssl.get(), socket_fd);
    if (SSL_connect(ssl.get()) == 1) {
      const std::unique_ptr<X509, decltype(&X509_free)> peer(SSL_get1_peer_certificate(ssl.get()),
                                                             &X509_free);
      const std::unique_ptr<BIGNUM, decltype(&BN_free)> number(
          ASN1_INTEGER_to_BN(X509_get0_serialNumber(peer.get()), nullptr), &BN_free);
      char* hex = BN_bn2hex(number.get());
      serial = hex;
      OPENSSL_free(hex);
    }
  }
  close(socket_fd);
  return serial;
}

TEST_F(TlsTest, RefusesTls12) {
  EXPECT_EQ(Handshake(port_, probe_files_, TLS1_2_VERSION), "");
  EXPECT_NE(Handshake(port_, probe_files_, TLS1_3_VERSION), "");
}

TEST_F(TlsTest, NewConnectionsUseReplacedServerFiles) {
  const std::string before = Handshake(port_, probe_files_, TLS1_3_VERSION);
  ASSERT_NE(before, "");
  ASSERT_TRUE(ca_->Mint({.name = "server", .dns_names = {"cert.padlock"}}).ok());
  const base::Deadline deadline = base::Deadline::After(absl::Seconds(20));
  std::string after = before;
  while ((after == before || after.empty()) && !deadline.Expired()) {
    after = Handshake(port_, probe_files_, TLS1_3_VERSION);
  }
  EXPECT_NE(after, before);
  EXPECT_NE(after, "");
}

TEST_F(TlsTest, SaysAtStartWhichFileIsWrong) {
  TlsFiles files = server_files_;
  files.private_key_file = probe_files_.private_key_file;
  const absl::Status mismatch = MakeServerCredentials(files).status();
  EXPECT_THAT(mismatch, StatusIs(absl::StatusCode::kFailedPrecondition));
  EXPECT_THAT(mismatch.ToString(), ::testing::HasSubstr("is not the key of"));
  files.private_key_file = directory_.path() + "none.key";
  EXPECT_THAT(MakeChannelCredentials(files), StatusIs(absl::StatusCode::kNotFound));
  files = server_files_;
  files.ca_file = server_files_.private_key_file;
  EXPECT_THAT(MakeServerCredentials(files), StatusIs(absl::StatusCode::kFailedPrecondition));
}

}  // namespace
}  // namespace transport
