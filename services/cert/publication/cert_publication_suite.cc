// The publisher against real servers: a Knot primary that takes updates under TSIG and a Knot
// secondary that follows it by NOTIFY and IXFR.

#include <gmock/gmock.h>
#include <ldns/ldns.h>

#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "base/testing/status_matchers.h"
#include "cert/publication/dns_update_publisher.h"
#include "cert/publication/testing/publisher_contract.h"
#include "lab/knot.h"
#include "lab/process.h"
#include "lab/stack.h"

namespace cert {
namespace {

using ::base::testing::IsOk;
using ::base::testing::StatusIs;
using ::testing::HasSubstr;
using Values = std::set<std::string>;

constexpr absl::Duration kPlenty = absl::Seconds(60);
// For calls that cannot succeed. Knot takes up to a second over an update.
constexpr absl::Duration kBeyondAnUpdate = absl::Seconds(4);

constexpr char kZone[] = "dcv.test";
constexpr char kZoneText[] = R"(
dcv.test. 1 IN SOA ns1.dcv.test. hostmaster.dcv.test. 1 2 1 3600 1
dcv.test. 1 IN NS ns1.dcv.test.
ns1.dcv.test. 1 IN A 192.0.2.1
alias.dcv.test. 1 IN CNAME elsewhere.test.
)";

// Both servers of the zone, started once. Tests use names of their own.
class Servers final : public ::testing::Environment {
 public:
  void SetUp() override {
    stack_ = *lab::Stack::Claim();
    const std::string primary = stack_->Address(lab::host::kDelegationPrimary);
    const std::string secondary = stack_->Address(lab::host::kDelegationSecondary);
    primary_ = Start("primary", primary,
                     {.name = kZone,
                      .text = kZoneText,
                      .update_key = update_key_.name,
                      .transfer_key = transfer_key_.name,
                      .update_types = {"TXT"},
                      .secondaries = {secondary}});
    secondary_ = Start("secondary", secondary,
                       {.name = kZone,
                        .text = "",
                        .update_key = "",
                        .transfer_key = transfer_key_.name,
                        .primary = primary});
    laggard_ =
        Start("laggard", stack_->Address(lab::host::kRoot), {.name = kZone, .text = kZoneText});
  }
  void TearDown() override {
    laggard_.reset();
    secondary_.reset();
    primary_.reset();
    stack_.reset();
  }

  // What one server serves, asked by a tool that shares no code with us.
  static Values ValuesAt(const lab::Knot& server, const std::string& name) {
    const auto output =
        lab::RunCommand({"kdig", "@" + server.address(), "-p", std::to_string(lab::kDnsPort),
                         "+tcp", "+short", "+norec", name, "TXT"});
    EXPECT_THAT(output, IsOk());
    if (!output.ok()) return {"no answer"};
    Values values;
    for (const absl::string_view line : absl::StrSplit(*output, '\n', absl::SkipEmpty())) {
      values.insert(
          absl::StrReplaceAll(line.substr(1, line.size() - 2), {{"\\\"", "\""}, {"\\\\", "\\"}}));
    }
    return values;
  }

  lab::Knot& primary() { return *primary_; }
  lab::Knot& secondary() { return *secondary_; }
  // Serves the zone and never learns of a change.
  lab::Knot& laggard() { return *laggard_; }
  const lab::TsigKey& update_key() const { return update_key_; }
  const lab::TsigKey& transfer_key() const { return transfer_key_; }

 private:
  std::unique_ptr<lab::Knot> Start(const std::string& name, const std::string& address,
                                   lab::Zone zone) {
    return *lab::Knot::Start(*stack_, {.name = name,
                                       .address = address,
                                       .keys = {update_key_, transfer_key_},
                                       .zones = {std::move(zone)}});
  }

  const lab::TsigKey update_key_ = lab::NewTsigKey("update");
  const lab::TsigKey transfer_key_ = lab::NewTsigKey("transfer");
  std::unique_ptr<lab::Stack> stack_;
  std::unique_ptr<lab::Knot> primary_;
  std::unique_ptr<lab::Knot> secondary_;
  std::unique_ptr<lab::Knot> laggard_;
};

Servers& servers() {
  static auto* const servers = [] {
    auto* made = new Servers;
    ::testing::AddGlobalTestEnvironment(made);  // owns it
    return made;
  }();
  return *servers;
}
[[maybe_unused]] const Servers& registered = servers();

DnsServer At(const lab::Knot& server) {
  return {.address = server.address(), .port = lab::kDnsPort};
}

DnsUpdatePublisher::Options Settings() {
  return {
      .zone = kZone,
      .servers = {At(servers().primary()), At(servers().secondary())},
      .key = {.name = servers().update_key().name, .secret_base64 = servers().update_key().secret}};
}

std::unique_ptr<DnsUpdatePublisher> NewPublisher(DnsUpdatePublisher::Options options) {
  auto publisher = DnsUpdatePublisher::Create(std::move(options), base::SystemRandom());
  EXPECT_THAT(publisher, IsOk());
  return *std::move(publisher);
}

class KnotWorld final : public PublisherWorld {
 public:
  Publisher& publisher() override { return *publisher_; }
  std::string zone() override { return kZone; }
  Values ValuesAt(const std::string& name) override {
    Values values = Servers::ValuesAt(servers().primary(), name);
    EXPECT_EQ(Servers::ValuesAt(servers().secondary(), name), values);
    return values;
  }

 private:
  const std::unique_ptr<DnsUpdatePublisher> publisher_ = NewPublisher(Settings());
};

INSTANTIATE_TEST_SUITE_P(Knot, PublisherContractTest,
                         ::testing::Values([] { return std::make_unique<KnotWorld>(); }));

class KnotPublicationTest : public ::testing::Test {
 protected:
  static absl::Status Publish(DnsUpdatePublisher::Options options,
                              const std::vector<TxtRecord>& records,
                              absl::Duration timeout = kPlenty) {
    return NewPublisher(std::move(options))->Publish(records, base::Deadline::After(timeout));
  }
  Values AtPrimary() const { return Servers::ValuesAt(servers().primary(), name_); }
  Values AtSecondary() const { return Servers::ValuesAt(servers().secondary(), name_); }

  const std::string name_ = absl::StrFormat(
      "line%d.%s", ::testing::UnitTest::GetInstance()->current_test_info()->line(), kZone);
  const std::vector<TxtRecord> records_{{name_, "v"}};
};

// Has no signature, unlike everything that BuildUpdate makes.
SignedMessage UnsignedUpdate(const std::string& record) {
  ldns_rr* rr = nullptr;
  EXPECT_EQ(ldns_rr_new_frm_str(&rr, record.c_str(), 0, nullptr, nullptr), LDNS_STATUS_OK);
  ldns_rr_list* list = ldns_rr_list_new();
  ldns_rr_list_push_rr(list, rr);
  ldns_pkt* packet =
      ldns_update_pkt_new(ldns_dname_new_frm_str(kZone), LDNS_RR_CLASS_IN, nullptr, list, nullptr);
  std::uint8_t* data = nullptr;
  std::size_t size = 0;
  EXPECT_EQ(ldns_pkt2wire(&data, packet, &size), LDNS_STATUS_OK);
  SignedMessage message{.octets = {reinterpret_cast<const char*>(data), size}, .mac = ""};
  std::free(data);
  ldns_pkt_free(packet);
  ldns_rr_list_deep_free(list);
  return message;
}

TEST_F(KnotPublicationTest, AnUnsignedUpdateIsRefused) {
  const base::Deadline deadline = base::Deadline::After(kPlenty);
  const SignedMessage update = UnsignedUpdate(name_ + ". 0 IN TXT \"v\"");
  auto connection = DnsConnection::Open(At(servers().primary()), deadline);
  ASSERT_THAT(connection, IsOk());
  const auto reply = connection->Exchange(update.octets, deadline);
  ASSERT_THAT(reply, IsOk());
  EXPECT_THAT(CheckUpdateReply(*reply, update, Settings().key),
              StatusIs(absl::StatusCode::kPermissionDenied));
  EXPECT_EQ(AtPrimary(), Values{});
}

TEST_F(KnotPublicationTest, AnUpdateSignedWithAnotherSecretIsRefused) {
  DnsUpdatePublisher::Options options = Settings();
  options.key.secret_base64 = lab::NewTsigKey("update").secret;
  const absl::Status status = Publish(options, records_);
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kPermissionDenied));
  EXPECT_THAT(status.ToString(), HasSubstr("BADSIG"));
  EXPECT_EQ(AtPrimary(), Values{});
}

TEST_F(KnotPublicationTest, AnUnknownKeyIsRefused) {
  DnsUpdatePublisher::Options options = Settings();
  options.key.name = "stranger";
  const absl::Status status = Publish(options, records_);
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kPermissionDenied));
  EXPECT_THAT(status.ToString(), HasSubstr("BADKEY"));
  EXPECT_EQ(AtPrimary(), Values{});
}

TEST_F(KnotPublicationTest, AKeyThatMayNotUpdateIsRefused) {
  DnsUpdatePublisher::Options options = Settings();
  options.key = {.name = servers().transfer_key().name,
                 .secret_base64 = servers().transfer_key().secret};
  EXPECT_THAT(Publish(options, records_), StatusIs(absl::StatusCode::kPermissionDenied));
  EXPECT_EQ(AtPrimary(), Values{});
}

// RFC 2136, 3.4.2.2: the server says NOERROR.
TEST_F(KnotPublicationTest, ATxtBesideACnameIsSeenToBeIgnored) {
  const absl::Status status = Publish(Settings(), {{"alias.dcv.test", "v"}});
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kFailedPrecondition));
  EXPECT_THAT(status.ToString(), HasSubstr("a CNAME stands at alias.dcv.test"));
}

TEST_F(KnotPublicationTest, AServerThatAnswersAndLagsHoldsTheYesBack) {
  DnsUpdatePublisher::Options options = Settings();
  options.servers.push_back(At(servers().laggard()));
  const absl::Status status = Publish(options, records_, kBeyondAnUpdate);
  EXPECT_EQ(AtSecondary(), Values{"v"});
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_THAT(status.ToString(), HasSubstr(servers().laggard().address()));
}

TEST_F(KnotPublicationTest, ASilentSecondaryIsPassedOver) {
  ASSERT_THAT(servers().secondary().Pause(), IsOk());
  const absl::Status published = Publish(Settings(), records_);
  ASSERT_THAT(servers().secondary().Resume(), IsOk());
  EXPECT_THAT(published, IsOk());
  EXPECT_EQ(AtPrimary(), Values{"v"});
}

TEST_F(KnotPublicationTest, ADeadPrimaryIsUnavailableAndNotTheSecondarysRefusal) {
  servers().primary().Kill();
  const absl::Status status = Publish(Settings(), records_);
  ASSERT_THAT(servers().primary().Resume(), IsOk());
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_THAT(Publish(Settings(), records_), IsOk());
}

TEST_F(KnotPublicationTest, TheUpdateGoesToTheFirstServerThatAnswers) {
  DnsUpdatePublisher::Options options = Settings();
  options.servers.insert(options.servers.begin(), {.address = "127.53.0.1", .port = 1});
  EXPECT_THAT(Publish(options, records_), IsOk());
  EXPECT_EQ(AtPrimary(), Values{"v"});
}

TEST_F(KnotPublicationTest, NothingIsPublishedWhereNobodyAnswers) {
  DnsUpdatePublisher::Options options = Settings();
  options.servers = {{.address = "127.53.0.1", .port = 1}, {.address = "127.53.0.1", .port = 2}};
  const absl::Status status = Publish(options, records_);
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_THAT(status.ToString(), HasSubstr("port 1"));
  EXPECT_THAT(status.ToString(), HasSubstr("port 2"));
}

}  // namespace
}  // namespace cert
