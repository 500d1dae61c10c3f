#include "transport/config_fields.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/testing/status_matchers.h"
#include "padlock/config/v1/config.pb.h"

namespace transport {
namespace {

using ::base::testing::IsOkAndHolds;

namespace pb = ::padlock::config::v1;

google::protobuf::Duration DurationOf(std::int64_t seconds, int nanos = 0) {
  google::protobuf::Duration proto;
  proto.set_seconds(seconds);
  proto.set_nanos(nanos);
  return proto;
}

TEST(ConfigFieldsTest, AnAddressIsSpelledInOneWay) {
  EXPECT_THAT(ReadAddress("a", "192.0.2.1"), IsOkAndHolds("192.0.2.1"));
  EXPECT_THAT(ReadAddress("a", "2001:DB8:0::1"), IsOkAndHolds("2001:db8::1"));
  EXPECT_EQ(ReadAddress("a", "localhost").status(),
            absl::InvalidArgumentError("a: \"localhost\" is not an IP address"));
  EXPECT_EQ(ReadAddress("a", "").status(), absl::InvalidArgumentError("a: is required"));
}

TEST(ConfigFieldsTest, AnEndpointNamesTheFieldThatIsWrong) {
  pb::Endpoint proto;
  proto.set_address("::1");
  EXPECT_EQ(ReadEndpoint("grpc", proto).status(),
            absl::InvalidArgumentError("grpc.port: must be from 1 to 65535"));
  proto.set_port(65'536);
  EXPECT_FALSE(ReadEndpoint("grpc", proto).ok());
  proto.set_port(65'535);
  const auto endpoint = ReadEndpoint("grpc", proto);
  ASSERT_TRUE(endpoint.ok()) << endpoint.status();
  EXPECT_EQ(endpoint->address, "::1");
  EXPECT_EQ(endpoint->port, 65'535);
}

TEST(ConfigFieldsTest, AStatusKeepsItsCode) {
  EXPECT_EQ(InField("f", absl::NotFoundError("no such file")),
            absl::NotFoundError("f: no such file"));
  EXPECT_EQ(InField("f", absl::OkStatus()), absl::OkStatus());
}

TEST(ConfigFieldsTest, ANumberThatIsNotSetIsTheDefault) {
  EXPECT_THAT(ReadNumber("n", 0, 8, 64), IsOkAndHolds(8));
  EXPECT_THAT(ReadNumber("n", 64, 8, 64), IsOkAndHolds(64));
  EXPECT_EQ(ReadNumber("n", 65, 8, 64).status(),
            absl::InvalidArgumentError("n: must be at most 64"));
}

TEST(ConfigFieldsTest, NoPartOfADurationIsDropped) {
  const DurationRule fine{
      .shortest = absl::Milliseconds(10), .longest = absl::Seconds(30), .whole_seconds = false};
  EXPECT_THAT(ReadDuration("d", DurationOf(1, 500'000'000), fine),
              IsOkAndHolds(absl::Milliseconds(1500)));
  EXPECT_EQ(ReadDuration("d", DurationOf(30, 1), fine).status(),
            absl::InvalidArgumentError("d: must be from 10ms to 30s"));
  const DurationRule whole{.shortest = absl::Minutes(1), .longest = absl::Hours(24)};
  EXPECT_THAT(ReadDuration("d", DurationOf(60), whole), IsOkAndHolds(absl::Minutes(1)));
  for (const auto& wrong : {DurationOf(60, 1), DurationOf(59), DurationOf(86'401)}) {
    EXPECT_EQ(ReadDuration("d", wrong, whole).status(),
              absl::InvalidArgumentError("d: must be whole seconds, from 1m to 24h"));
  }
  EXPECT_EQ(ReadDuration("d", DurationOf(1), {.shortest = absl::Hours(24)}).status(),
            absl::InvalidArgumentError("d: must be whole seconds, at least 24h"));
}

TEST(ConfigFieldsTest, TlsFilesAreFoundBesideTheConfiguration) {
  pb::Tls proto;
  proto.set_ca_file("ca.pem");
  proto.set_certificate_file("/etc/cert.pem");
  EXPECT_EQ(ReadTls(proto, "/etc/padlock/cert.textproto").status(),
            absl::InvalidArgumentError("tls.private_key_file: is required"));
  proto.set_private_key_file("../key.pem");
  EXPECT_EQ(ReadTls(proto, "/etc/padlock/cert.textproto")->crl_directory, "");
  proto.set_crl_directory("crl");
  const auto files = ReadTls(proto, "/etc/padlock/cert.textproto");
  ASSERT_TRUE(files.ok()) << files.status();
  EXPECT_EQ(*files, (TlsFiles{.ca_file = "/etc/padlock/ca.pem",
                              .certificate_file = "/etc/cert.pem",
                              .private_key_file = "/etc/padlock/../key.pem",
                              .crl_directory = "/etc/padlock/crl"}));
}

}  // namespace
}  // namespace transport
