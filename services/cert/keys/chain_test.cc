#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "base/testing/status_matchers.h"
#include "cert/keys/keys.h"
#include "cert/keys/openssl_ptr.h"
#include "cert/keys/testing/minted_certificate.h"

namespace cert {
namespace {

using ::base::testing::IsOk;
using ::base::testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

const absl::Time kNow = absl::FromUnixSeconds(1'800'000'000);
const absl::Duration kDay = absl::Hours(24);
const std::vector<std::string> kNames = {"example.test", "*.example.test"};

MintOptions Authority(const std::string& name, const MintedCertificate* issuer) {
  return {.common_name = name,
          .not_before = kNow - 100 * kDay,
          .not_after = kNow + 1000 * kDay,
          .authority = true,
          .issuer = issuer};
}

MATCHER_P(Refuses, sentence, "") {
  return arg.status().code() == absl::StatusCode::kFailedPrecondition &&
         testing::ExplainMatchResult(sentence, std::string(arg.status().message()),
                                     result_listener);
}

// A root, an intermediate and a request; the tests vary the leaf.
class ChainTest : public testing::Test {
 protected:
  MintOptions Leaf() const {
    return {.common_name = "",
            .dns_names = kNames,
            .csr_der = csr_,
            .not_before = kNow - kDay,
            .not_after = kNow + 89 * kDay,
            .issuer = &intermediate_};
  }
  ChainExpectation Expected() const {
    return {
        .names = kNames, .csr_der = csr_, .roots = *TrustAnchors::Parse(root_.pem), .now = kNow};
  }
  std::string ChainOf(const MintOptions& leaf) const { return Mint(leaf).pem + intermediate_.pem; }

  const MintedCertificate root_ = Mint(Authority("Root", nullptr));
  const MintedCertificate intermediate_ = Mint(Authority("Intermediate", &root_));
  const std::string key_pem_ = *CreateKey(KeyType::kEcdsaP256);
  const std::string csr_ = *CreateCsr(key_pem_, kNames);
};

TEST_F(ChainTest, AcceptsWhatWasOrderedAndDescribesIt) {
  const auto facts = VerifyChain(ChainOf(Leaf()), Expected());
  ASSERT_THAT(facts, IsOk());
  EXPECT_THAT(facts->names, ElementsAre("*.example.test", "example.test"));
  EXPECT_EQ(facts->issuer, "CN=Intermediate");
  EXPECT_EQ(facts->not_before, kNow - kDay);
  EXPECT_EQ(facts->not_after, kNow + 89 * kDay);
  EXPECT_THAT(facts->serial, testing::MatchesRegex("[1-9a-f][0-9a-f]*"));
}

TEST_F(ChainTest, AcceptsACommonNameThatIsOneOfTheNames) {
  MintOptions leaf = Leaf();
  leaf.common_name = "example.test";
  EXPECT_THAT(VerifyChain(ChainOf(leaf), Expected()), IsOk());
}

TEST_F(ChainTest, ComparesNamesWithoutCase) {
  ChainExpectation expected = Expected();
  expected.names = {"Example.TEST", "*.example.test"};
  EXPECT_THAT(VerifyChain(ChainOf(Leaf()), expected), IsOk());
}

TEST_F(ChainTest, TrustsTheChainsOwnEndWithoutConfiguredRoots) {
  ChainExpectation expected = Expected();
  expected.roots.reset();
  EXPECT_THAT(VerifyChain(ChainOf(Leaf()), expected), IsOk());
  EXPECT_THAT(VerifyChain(Mint(Leaf()).pem, expected),
              StatusIs(absl::StatusCode::kFailedPrecondition));
}

TEST_F(ChainTest, AcceptsAnyOfSeveralRoots) {
  ChainExpectation expected = Expected();
  expected.roots = *TrustAnchors::Parse(Mint(Authority("Other root", nullptr)).pem + root_.pem);
  EXPECT_THAT(VerifyChain(ChainOf(Leaf()), expected), IsOk());
}

TEST_F(ChainTest, RefusesAnIntermediateThatExpired) {
  MintOptions authority = Authority("Intermediate", &root_);
  authority.not_after = kNow - kDay;
  const MintedCertificate expired = Mint(authority);
  MintOptions leaf = Leaf();
  leaf.issuer = &expired;
  EXPECT_THAT(VerifyChain(Mint(leaf).pem + expired.pem, Expected()), Refuses(HasSubstr("expired")));
}

TEST_F(ChainTest, RefusesALeafThatIsSignedByAnotherLeaf) {
  MintOptions false_authority = Authority("Intermediate", &root_);
  false_authority.authority = false;
  const MintedCertificate no_authority = Mint(false_authority);
  MintOptions leaf = Leaf();
  leaf.issuer = &no_authority;
  EXPECT_THAT(VerifyChain(Mint(leaf).pem + no_authority.pem, Expected()),
              StatusIs(absl::StatusCode::kFailedPrecondition));
}

TEST_F(ChainTest, RefusesWhatIsNoChain) {
  for (const std::string& text : {std::string(), std::string("no PEM"), key_pem_,
                                  std::string("-----BEGIN CERTIFICATE-----\nAAAA\n")}) {
    EXPECT_THAT(VerifyChain(text, Expected()), StatusIs(absl::StatusCode::kFailedPrecondition));
    EXPECT_THAT(LeafDer(text), StatusIs(absl::StatusCode::kFailedPrecondition));
  }
}

TEST_F(ChainTest, RefusesAnUnreasonablyLongChain) {
  std::string chain = ChainOf(Leaf());
  for (int i = 0; i < 20; ++i) chain += intermediate_.pem;
  EXPECT_THAT(VerifyChain(chain, Expected()), Refuses(HasSubstr("too many")));
}

TEST_F(ChainTest, GivesTheLeafAsDer) {
  const auto der = LeafDer(ChainOf(Leaf()));
  ASSERT_THAT(der, IsOk());
  const unsigned char* cursor = Octets(std::string_view(*der));
  const CertificatePtr leaf(d2i_X509(nullptr, &cursor, static_cast<long>(der->size())));
  ASSERT_NE(leaf, nullptr);
  EXPECT_EQ(EVP_PKEY_eq(X509_get0_pubkey(leaf.get()), ParsePrivateKey(key_pem_).get()), 1);
}

struct BadLeaf {
  std::string name;
  std::function<void(MintOptions&)> change;
  std::string sentence;
};

class BadLeafTest : public ChainTest, public testing::WithParamInterface<BadLeaf> {};

TEST_P(BadLeafTest, IsRefusedInOneSentence) {
  MintOptions leaf = Leaf();
  GetParam().change(leaf);
  for (const bool has_roots : {true, false}) {
    ChainExpectation expected = Expected();
    if (!has_roots) expected.roots.reset();
    EXPECT_THAT(VerifyChain(ChainOf(leaf), expected), Refuses(HasSubstr(GetParam().sentence)));
  }
}

INSTANTIATE_TEST_SUITE_P(
    Leaves, BadLeafTest,
    testing::Values(
        BadLeaf{"WrongKey", [](MintOptions& leaf) { leaf.csr_der.clear(); }, "another key"},
        BadLeaf{"ExtraName", [](MintOptions& leaf) { leaf.dns_names.push_back("b.test"); },
                "b.test"},
        BadLeaf{"MissingName", [](MintOptions& leaf) { leaf.dns_names.pop_back(); },
                "and not for *.example.test, example.test"},
        BadLeaf{"NoNames", [](MintOptions& leaf) { leaf.dns_names.clear(); },
                "no subject alternative names"},
        BadLeaf{"Address", [](MintOptions& leaf) { leaf.addresses = {"192.0.2.1"}; },
                "no DNS name"},
        BadLeaf{"CommonName", [](MintOptions& leaf) { leaf.common_name = "b.test"; },
                "common name"},
        BadLeaf{"Expired", [](MintOptions& leaf) { leaf.not_after = kNow - absl::Seconds(1); },
                "expired at"},
        BadLeaf{"NoServerAuth", [](MintOptions& leaf) { leaf.server_auth = false; }, "serverAuth"},
        BadLeaf{"Authority", [](MintOptions& leaf) { leaf.authority = true; }, "a CA's"},
        BadLeaf{"BrokenSignature", [](MintOptions& leaf) { leaf.break_signature = true; },
                "signature of certificate 1"}),
    [](const auto& test) { return test.param.name; });

TEST_F(ChainTest, AsksToWaitForWhatIsNotValidYet) {
  MintOptions leaf = Leaf();
  leaf.not_before = kNow + absl::Seconds(1);
  const auto verified = VerifyChain(ChainOf(leaf), Expected());
  EXPECT_THAT(verified, StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_THAT(verified.status().ToString(), HasSubstr("not valid before"));
}

TEST_F(ChainTest, RefusesAnUnknownRoot) {
  ChainExpectation expected = Expected();
  expected.roots = *TrustAnchors::Parse(Mint(Authority("Root", nullptr)).pem);
  EXPECT_THAT(VerifyChain(ChainOf(Leaf()), expected), Refuses(HasSubstr("does not verify")));
}

TEST_F(ChainTest, RefusesAChainWhoseIntermediateIsMissing) {
  EXPECT_THAT(VerifyChain(Mint(Leaf()).pem, Expected()), Refuses(HasSubstr("issuer")));
  EXPECT_THAT(VerifyChain(Mint(Leaf()).pem + root_.pem, Expected()),
              Refuses(HasSubstr("not issued by the next")));
}

}  // namespace
}  // namespace cert
