#include "cert/publication/dns_message.h"

#include <gmock/gmock.h>
#include <ldns/ldns.h>

#include <cstdlib>

#include "base/testing/status_matchers.h"

namespace cert {
namespace {

using ::base::testing::IsOk;
using ::base::testing::StatusIs;
using ::testing::ElementsAre;

const TsigKey kKey{.name = "update-key", .secret_base64 = "c2VjcmV0LXNlY3JldC1zZWNyZXQ="};
const TsigKey kOtherKey{.name = "update-key", .secret_base64 = "b3RoZXItb3RoZXItb3RoZXI="};
const std::vector<TxtRecord> kRecords{{"a.dcv.test", "v"}};

SignedMessage Request(const TsigKey& key = kKey) {
  return *BuildUpdate({.zone = "dcv.test", .id = 4711}, kRecords, key);
}

// What a server sends back, made from the request.
class Reply {
 public:
  explicit Reply(const std::string& request) {
    ldns_wire2pkt(&packet_, reinterpret_cast<const std::uint8_t*>(request.data()), request.size());
    ldns_pkt_set_qr(packet_, true);
    ldns_pkt_set_aa(packet_, true);
    ldns_rr_free(ldns_pkt_tsig(packet_));
    ldns_pkt_set_tsig(packet_, nullptr);
  }
  ~Reply() { ldns_pkt_free(packet_); }
  Reply(const Reply&) = delete;
  Reply& operator=(const Reply&) = delete;

  Reply& Rcode(ldns_pkt_rcode rcode) {
    ldns_pkt_set_rcode(packet_, static_cast<std::uint8_t>(rcode));
    return *this;
  }
  Reply& Id(std::uint16_t id) {
    ldns_pkt_set_id(packet_, id);
    return *this;
  }
  Reply& NoAuthority() {
    ldns_pkt_set_aa(packet_, false);
    return *this;
  }
  Reply& Answer(const char* record) {
    ldns_rr* rr = nullptr;
    EXPECT_EQ(ldns_rr_new_frm_str(&rr, record, 0, nullptr, nullptr), LDNS_STATUS_OK) << record;
    ldns_pkt_push_rr(packet_, LDNS_SECTION_ANSWER, rr);
    return *this;
  }
  Reply& Sign(const TsigKey& key, const std::string& request_mac) {
    ldns_rdf* mac =
        ldns_rdf_new_frm_data(LDNS_RDF_TYPE_INT16_DATA, request_mac.size(), request_mac.data());
    EXPECT_EQ(ldns_pkt_tsig_sign(packet_, key.name.c_str(), key.secret_base64.c_str(), 300,
                                 (key.algorithm + ".").c_str(), mac),
              LDNS_STATUS_OK);
    ldns_rdf_deep_free(mac);
    return *this;
  }
  std::string Octets() const {
    std::uint8_t* data = nullptr;
    std::size_t size = 0;
    EXPECT_EQ(ldns_pkt2wire(&data, packet_, &size), LDNS_STATUS_OK);
    const std::string octets(reinterpret_cast<const char*>(data), size);
    std::free(data);
    return octets;
  }

 private:
  ldns_pkt* packet_ = nullptr;
};

TEST(UpdateReplyTest, ASignedNoErrorIsOk) {
  for (const char* algorithm : {"hmac-sha256", "hmac-sha512"}) {
    const TsigKey key{
        .name = kKey.name, .algorithm = algorithm, .secret_base64 = kKey.secret_base64};
    const SignedMessage request = Request(key);
    const std::string reply = Reply(request.octets).Sign(key, request.mac).Octets();
    EXPECT_THAT(CheckUpdateReply(reply, request, key), IsOk()) << algorithm;
  }
}

TEST(UpdateReplyTest, ANoErrorThatDoesNotVerifyIsNoAnswer) {
  const SignedMessage request = Request();
  for (const std::string& reply :
       {Reply(request.octets).Octets(),                                     // unsigned
        Reply(request.octets).Sign(kOtherKey, request.mac).Octets(),        // by a stranger
        Reply(request.octets).Sign(kKey, Request(kOtherKey).mac).Octets(),  // to another request
        Reply(request.octets)
            .Sign(
                {.name = kKey.name, .algorithm = "hmac-sha1", .secret_base64 = kKey.secret_base64},
                request.mac)
            .Octets()}) {  // with a weaker algorithm
    EXPECT_THAT(CheckUpdateReply(reply, request, kKey), StatusIs(absl::StatusCode::kUnavailable));
  }
}

TEST(UpdateReplyTest, WhatIsNotAnAnswerToTheRequestIsUnavailable) {
  const SignedMessage request = Request();
  for (const std::string& reply : {std::string(), std::string("junk"), request.octets,
                                   Reply(request.octets).Id(4712).Octets()}) {
    EXPECT_THAT(CheckUpdateReply(reply, request, kKey), StatusIs(absl::StatusCode::kUnavailable));
  }
}

struct RcodeCase {
  ldns_pkt_rcode rcode;
  absl::StatusCode code;
};

class UpdateRcodeTest : public ::testing::TestWithParam<RcodeCase> {};

TEST_P(UpdateRcodeTest, SaysWhoCanFixIt) {
  const SignedMessage request = Request();
  const std::string reply = Reply(request.octets).Rcode(GetParam().rcode).Octets();
  EXPECT_THAT(CheckUpdateReply(reply, request, kKey), StatusIs(GetParam().code));
}

INSTANTIATE_TEST_SUITE_P(
    All, UpdateRcodeTest,
    ::testing::Values(RcodeCase{LDNS_RCODE_REFUSED, absl::StatusCode::kPermissionDenied},
                      RcodeCase{LDNS_RCODE_NOTAUTH, absl::StatusCode::kPermissionDenied},
                      RcodeCase{LDNS_RCODE_NOTZONE, absl::StatusCode::kInvalidArgument},
                      RcodeCase{LDNS_RCODE_SERVFAIL, absl::StatusCode::kUnavailable},
                      RcodeCase{LDNS_RCODE_FORMERR, absl::StatusCode::kUnavailable},
                      RcodeCase{LDNS_RCODE_NOTIMPL, absl::StatusCode::kUnavailable}),
    [](const auto& tested) { return "Rcode" + std::to_string(tested.param.rcode); });

TEST(BuildUpdateTest, RefusesAKeyThatCannotSign) {
  const Update update{.zone = "dcv.test"};
  for (const TsigKey& bad :
       {TsigKey{.name = "k", .algorithm = "hmac-none", .secret_base64 = "c2VjcmV0"},
        TsigKey{.name = "k", .secret_base64 = "not base64!"},
        TsigKey{.name = "k..k", .secret_base64 = "c2VjcmV0"},
        TsigKey{.name = "k", .secret_base64 = ""}}) {
    EXPECT_THAT(BuildUpdate(update, kRecords, bad), StatusIs(absl::StatusCode::kInvalidArgument));
  }
}

TEST(CheckTsigTest, SaysWhichPartOfAKeyCannotSign) {
  EXPECT_THAT(CheckTsigName("update-key."), IsOk());
  EXPECT_THAT(CheckTsigName("k..k"), StatusIs(absl::StatusCode::kInvalidArgument));
  for (const char* algorithm : {"hmac-sha256", "hmac-sha512."}) {
    EXPECT_THAT(CheckTsigAlgorithm(algorithm), IsOk());
  }
  for (const char* algorithm : {"hmac-md5", "HMAC-SHA256", ""}) {
    EXPECT_THAT(CheckTsigAlgorithm(algorithm), StatusIs(absl::StatusCode::kInvalidArgument));
  }
  EXPECT_THAT(CheckTsigSecret("c2VjcmV0"), IsOk());
  for (const char* secret : {"not base64!", ""}) {
    EXPECT_THAT(CheckTsigSecret(secret), StatusIs(absl::StatusCode::kInvalidArgument));
  }
}

class TxtReplyTest : public ::testing::Test {
 protected:
  const std::string query_ = BuildTxtQuery("a.dcv.test", 99);
};

TEST_F(TxtReplyTest, HoldsTheValuesAtTheNameWithTheirStringsJoined) {
  const auto answer = ParseTxtReply(Reply(query_)
                                        .Answer("A.dcv.test. 0 IN TXT \"one\"")
                                        .Answer("a.dcv.test. 0 IN TXT \"t\" \"wo\"")
                                        .Answer("b.dcv.test. 0 IN TXT \"three\"")
                                        .Octets(),
                                    query_);
  ASSERT_THAT(answer, IsOk());
  EXPECT_THAT(answer->values, ElementsAre("one", "two"));
  EXPECT_FALSE(answer->has_cname);
}

TEST_F(TxtReplyTest, ACnameAtTheNameIsSeenAndItsTargetsValuesAreNot) {
  const auto answer = ParseTxtReply(Reply(query_)
                                        .Answer("a.dcv.test. 0 IN CNAME b.dcv.test.")
                                        .Answer("b.dcv.test. 0 IN TXT \"three\"")
                                        .Octets(),
                                    query_);
  ASSERT_THAT(answer, IsOk());
  EXPECT_THAT(answer->values, ElementsAre());
  EXPECT_TRUE(answer->has_cname);
}

TEST_F(TxtReplyTest, NoSuchNameMeansNoValues) {
  const auto answer = ParseTxtReply(Reply(query_).Rcode(LDNS_RCODE_NXDOMAIN).Octets(), query_);
  ASSERT_THAT(answer, IsOk());
  EXPECT_THAT(answer->values, ElementsAre());
}

TEST_F(TxtReplyTest, AServerThatCannotSpeakForTheZoneIsUnavailable) {
  for (const std::string& reply :
       {Reply(query_).NoAuthority().Octets(), Reply(query_).Rcode(LDNS_RCODE_SERVFAIL).Octets(),
        Reply(query_).Rcode(LDNS_RCODE_REFUSED).Octets(), Reply(query_).Id(98).Octets(), query_,
        std::string("junk")}) {
    EXPECT_THAT(ParseTxtReply(reply, query_), StatusIs(absl::StatusCode::kUnavailable));
  }
}

}  // namespace
}  // namespace cert
