// What every AcmeClient does, as tests that run on any of them: include this, instantiate
// AcmeClientContract with functions that make a subject.

#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "base/testing/status_matchers.h"
#include "cert/acme/client.h"
#include "cert/acme/problem.h"
#include "cert/keys/keys.h"

namespace cert {

struct ContractSubject {
  AcmeClient* client = nullptr;
  std::string root_pem;
  std::string blocked_name;  // the CA's policy forbids it
  std::string profile = {};  // one that the CA offers; empty: it knows none
  bool offers_renewal_info = false;
  std::string alternate_issuer = {};  // TopIssuerName of an alternate chain; empty: there is none
};

struct ContractCase {
  std::string name;
  std::function<ContractSubject()> make;  // what it returns lives until the program's end
};

class AcmeClientContract : public testing::TestWithParam<ContractCase> {
 protected:
  static base::Deadline Soon() { return base::Deadline::After(absl::Seconds(30)); }

  template <typename T>
  static T Value(const AcmeReply<T>& reply) {
    EXPECT_THAT(reply, base::testing::IsOk());
    if (!reply.ok()) return T();
    const auto* problem = std::get_if<AcmeProblem>(&*reply);
    if (problem == nullptr) return std::get<T>(*reply);
    ADD_FAILURE() << problem->type << ": " << problem->detail;
    return T();
  }

  template <typename T>
  static AcmeProblem ProblemOf(const AcmeReply<T>& reply) {
    EXPECT_THAT(reply, base::testing::IsOk());
    if (!reply.ok() || !std::holds_alternative<AcmeProblem>(*reply)) {
      ADD_FAILURE() << "no problem";
      return AcmeProblem();
    }
    return std::get<AcmeProblem>(*reply);
  }

  AcmeClient& client() { return *subject_.client; }

  AcmeAccount MakeAccount() {
    AcmeAccount account{.key_pem = *CreateKey(KeyType::kEcdsaP256), .url = ""};
    account.url = Value(client().NewAccount(account, Soon()));
    return account;
  }

  static std::string FreshName() { return base::SystemRandom().Token() + ".example.test"; }

  // Answers all challenges and waits until the order has left `pending`.
  AcmeOrder Authorize(const AcmeAccount& account, const AcmeOrder& order) {
    for (const std::string& url : order.authorization_urls) {
      const auto authorization = Value(client().GetAuthorization(account, url, Soon()));
      if (authorization.status != AcmeAuthorizationStatus::kPending) continue;
      Value(client().AnswerChallenge(account, authorization.challenge_url, Soon()));
    }
    return AwaitChange(account, order.url, AcmeOrderStatus::kPending);
  }

  AcmeOrder AwaitChange(const AcmeAccount& account, const std::string& url,
                        AcmeOrderStatus status) {
    const base::Deadline deadline = Soon();
    AcmeOrder order;
    do {
      order = Value(client().GetOrder(account, url, deadline));
    } while (order.status == status && !deadline.Expired() && !HasFailure());
    return order;
  }

  // From newOrder to the PEM chain for `csr`.
  std::string Obtain(const AcmeAccount& account, const std::vector<std::string>& names,
                     const std::string& csr) {
    return ObtainChain(account, names, csr).pem;
  }

  AcmeChain ObtainChain(const AcmeAccount& account, const std::vector<std::string>& names,
                        const std::string& csr) {
    const AcmeOrder order = Value(client().NewOrder(account, {.names = names}, Soon()));
    const AcmeOrder ready = Authorize(account, order);
    EXPECT_EQ(ready.status, AcmeOrderStatus::kReady);
    Value(client().Finalize(account, ready.finalize_url, csr, Soon()));
    const AcmeOrder valid = AwaitChange(account, order.url, AcmeOrderStatus::kProcessing);
    EXPECT_EQ(valid.status, AcmeOrderStatus::kValid);
    return Value(client().DownloadCertificate(account, valid.certificate_url, Soon()));
  }

  const ContractSubject subject_ = GetParam().make();
};

TEST_P(AcmeClientContract, FindsTheAccountThatAKeyAlreadyHas) {
  const AcmeAccount account = MakeAccount();
  EXPECT_EQ(Value(client().NewAccount(account, Soon())), account.url);
  EXPECT_NE(MakeAccount().url, account.url);
}

TEST_P(AcmeClientContract, FindsAnAccountWithoutMakingOne) {
  const AcmeAccount account = MakeAccount();
  EXPECT_EQ(Value(client().FindAccount(account.key_pem, Soon())), account.url);
  const std::string unknown_key = *CreateKey(KeyType::kEcdsaP256);
  EXPECT_EQ(ProblemOf(client().FindAccount(unknown_key, Soon())).type,
            AcmeErrorType("accountDoesNotExist"));
}

TEST_P(AcmeClientContract, RollsTheAccountOverToAnotherKey) {
  const AcmeAccount account = MakeAccount();
  const std::string new_key = *CreateKey(KeyType::kEcdsaP256);
  Value(client().RollOverKey(account, new_key, Soon()));
  EXPECT_EQ(Value(client().FindAccount(new_key, Soon())), account.url);
  EXPECT_EQ(ProblemOf(client().FindAccount(account.key_pem, Soon())).type,
            AcmeErrorType("accountDoesNotExist"));
  const AcmeAccount rolled{.key_pem = new_key, .url = account.url};
  Value(client().NewOrder(rolled, {.names = {FreshName()}}, Soon()));
  EXPECT_GE(ProblemOf(client().NewOrder(account, {.names = {FreshName()}}, Soon())).http_status,
            400);
}

TEST_P(AcmeClientContract, DoesNotRollOverToTheKeyOfAnotherAccount) {
  const AcmeAccount account = MakeAccount();
  const AcmeAccount other = MakeAccount();
  EXPECT_GE(ProblemOf(client().RollOverKey(account, other.key_pem, Soon())).http_status, 400);
  EXPECT_EQ(Value(client().FindAccount(account.key_pem, Soon())), account.url);
}

TEST_P(AcmeClientContract, TellsWhatTheCaOffers) {
  const AcmeMetadata metadata = Value(client().GetMetadata(Soon()));
  EXPECT_EQ(metadata.profiles.contains(subject_.profile), !subject_.profile.empty());
}

TEST_P(AcmeClientContract, GivesTheWindowOfACertificate) {
  const AcmeAccount account = MakeAccount();
  const std::string name = FreshName();
  const std::string csr = *CreateCsr(*CreateKey(KeyType::kEcdsaP256), {name});
  const std::string chain = Obtain(account, {name}, csr);
  const auto id = RenewalIdOf(chain);
  ASSERT_THAT(id, base::testing::IsOk());
  const std::optional<AcmeRenewalInfo> info = Value(client().GetRenewalInfo(*id, Soon()));
  ASSERT_EQ(info.has_value(), subject_.offers_renewal_info);
  if (!info) return;
  EXPECT_LT(info->window.start, info->window.end);
  EXPECT_TRUE(info->retry_after.has_value());
  EXPECT_GE(ProblemOf(client().GetRenewalInfo("AAAA.AAAA", Soon())).http_status, 400);
}

TEST_P(AcmeClientContract, ReplacesACertificateOnce) {
  if (!subject_.offers_renewal_info) GTEST_SKIP() << "this CA knows no predecessors";
  const AcmeAccount account = MakeAccount();
  const std::string name = FreshName();
  const std::string csr = *CreateCsr(*CreateKey(KeyType::kEcdsaP256), {name});
  const auto id = RenewalIdOf(Obtain(account, {name}, csr));
  ASSERT_THAT(id, base::testing::IsOk());
  const AcmeOrderRequest request{.names = {name}, .replaces = *id};
  Value(client().NewOrder(account, request, Soon()));
  EXPECT_EQ(ProblemOf(client().NewOrder(account, request, Soon())).type,
            AcmeErrorType("alreadyReplaced"));
  Value(client().NewOrder(account, {.names = {name}}, Soon()));
}

TEST_P(AcmeClientContract, OrdersByAProfileThatTheCaOffers) {
  if (subject_.profile.empty()) GTEST_SKIP() << "this CA knows no profiles";
  const AcmeAccount account = MakeAccount();
  Value(client().NewOrder(account, {.names = {FreshName()}, .profile = subject_.profile}, Soon()));
  EXPECT_EQ(
      ProblemOf(client().NewOrder(account, {.names = {FreshName()}, .profile = "none"}, Soon()))
          .type,
      AcmeErrorType("invalidProfile"));
}

TEST_P(AcmeClientContract, OffersTheAlternateChains) {
  if (subject_.alternate_issuer.empty()) GTEST_SKIP() << "this CA has one chain only";
  const AcmeAccount account = MakeAccount();
  const std::string name = FreshName();
  const std::string csr = *CreateCsr(*CreateKey(KeyType::kEcdsaP256), {name});
  const AcmeChain chain = ObtainChain(account, {name}, csr);
  std::vector<std::string> issuers;
  for (const std::string& url : chain.alternate_urls) {
    const AcmeChain alternate = Value(client().DownloadCertificate(account, url, Soon()));
    EXPECT_EQ(*LeafDer(alternate.pem), *LeafDer(chain.pem));
    issuers.push_back(TopIssuerName(alternate.pem).value_or(""));
  }
  EXPECT_THAT(issuers, testing::Contains(testing::HasSubstr(subject_.alternate_issuer)));
  EXPECT_THAT(TopIssuerName(chain.pem).value_or(""), testing::Not(testing::AnyOfArray(issuers)));
}

TEST_P(AcmeClientContract, ObtainsACertificateThatVerifies) {
  const AcmeAccount account = MakeAccount();
  const std::string name = FreshName();
  const std::vector<std::string> names = {name, "*." + name};
  const std::string csr = *CreateCsr(*CreateKey(KeyType::kEcdsaP256), names);
  const std::string chain = Obtain(account, names, csr);
  EXPECT_THAT(VerifyChain(chain, {.names = names,
                                  .csr_der = csr,
                                  .roots = *TrustAnchors::Parse(subject_.root_pem),
                                  .now = base::SystemClock().TimeNow()}),
              base::testing::IsOk());
}

TEST_P(AcmeClientContract, ShowsTheOrderAndItsChallenges) {
  const AcmeAccount account = MakeAccount();
  const std::string name = FreshName();
  const AcmeOrder order = Value(client().NewOrder(account, {.names = {name, "*." + name}}, Soon()));
  EXPECT_EQ(order.status, AcmeOrderStatus::kPending);
  EXPECT_THAT(order.names, testing::UnorderedElementsAre(name, "*." + name));
  ASSERT_EQ(order.authorization_urls.size(), 2U);
  EXPECT_TRUE(order.expire_time.has_value());
  int wildcards = 0;
  for (const std::string& url : order.authorization_urls) {
    const auto authorization = Value(client().GetAuthorization(account, url, Soon()));
    EXPECT_EQ(authorization.url, url);
    EXPECT_EQ(authorization.identifier, name);
    EXPECT_EQ(authorization.status, AcmeAuthorizationStatus::kPending);
    EXPECT_EQ(authorization.challenge_status, AcmeChallengeStatus::kPending);
    EXPECT_THAT(authorization.txt_value, testing::SizeIs(43));
    if (authorization.wildcard) ++wildcards;
    EXPECT_EQ(authorization.http.has_value(), !authorization.wildcard);
    if (!authorization.http) continue;
    EXPECT_EQ(authorization.http->status, AcmeChallengeStatus::kPending);
    EXPECT_THAT(authorization.http->key_authorization, testing::HasSubstr("."));
  }
  EXPECT_EQ(wildcards, 1);
}

TEST_P(AcmeClientContract, ListsTheOrdersOfTheAccountOnly) {
  const AcmeAccount account = MakeAccount();
  const AcmeAccount other = MakeAccount();
  const AcmeOrder first = Value(client().NewOrder(account, {.names = {FreshName()}}, Soon()));
  const AcmeOrder second = Value(client().NewOrder(account, {.names = {FreshName()}}, Soon()));
  EXPECT_THAT(Value(client().ListOrders(account, Soon())),
              testing::UnorderedElementsAre(first.url, second.url));
  EXPECT_THAT(Value(client().ListOrders(other, Soon())), testing::IsEmpty());
}

TEST_P(AcmeClientContract, GivesARejectedIdentifierAsAProblem) {
  const AcmeAccount account = MakeAccount();
  const AcmeProblem problem =
      ProblemOf(client().NewOrder(account, {.names = {subject_.blocked_name}}, Soon()));
  EXPECT_EQ(problem.type, AcmeErrorType("rejectedIdentifier"));
  EXPECT_THAT(problem.http_status, testing::AllOf(testing::Ge(400), testing::Lt(500)));
}

TEST_P(AcmeClientContract, DeactivatesAnAuthorizationAndDoesSoAgain) {
  const AcmeAccount account = MakeAccount();
  const AcmeOrder order = Value(client().NewOrder(account, {.names = {FreshName()}}, Soon()));
  const std::string url = order.authorization_urls.front();
  Value(client().DeactivateAuthorization(account, url, Soon()));
  EXPECT_EQ(Value(client().GetAuthorization(account, url, Soon())).status,
            AcmeAuthorizationStatus::kDeactivated);
  Value(client().DeactivateAuthorization(account, url, Soon()));
}

TEST_P(AcmeClientContract, RefusesToFinalizeAnOrderThatIsNotReady) {
  const AcmeAccount account = MakeAccount();
  const std::string name = FreshName();
  const AcmeOrder order = Value(client().NewOrder(account, {.names = {name}}, Soon()));
  const std::string csr = *CreateCsr(*CreateKey(KeyType::kEcdsaP256), {name});
  EXPECT_EQ(ProblemOf(client().Finalize(account, order.finalize_url, csr, Soon())).type,
            AcmeErrorType("orderNotReady"));
}

TEST_P(AcmeClientContract, RevokesACertificateAndDoesSoAgain) {
  const AcmeAccount account = MakeAccount();
  const std::string name = FreshName();
  const std::string csr = *CreateCsr(*CreateKey(KeyType::kEcdsaP256), {name});
  const auto der = LeafDer(Obtain(account, {name}, csr));
  ASSERT_THAT(der, base::testing::IsOk());
  Value(client().RevokeCertificate(account, *der, 0, Soon()));
  Value(client().RevokeCertificate(account, *der, 0, Soon()));
}

TEST_P(AcmeClientContract, RefusesTheOrderOfAnUnknownAccount) {
  const AcmeAccount account = MakeAccount();
  const AcmeAccount stranger{.key_pem = *CreateKey(KeyType::kEcdsaP256),
                             .url = account.url + "9999"};
  EXPECT_EQ(ProblemOf(client().NewOrder(stranger, {.names = {FreshName()}}, Soon())).type,
            AcmeErrorType("accountDoesNotExist"));
}

TEST_P(AcmeClientContract, SendsNothingAfterTheDeadline) {
  const AcmeAccount account = MakeAccount();
  EXPECT_THAT(client().NewOrder(account, {.names = {FreshName()}},
                                base::Deadline::After(-absl::Seconds(1))),
              base::testing::StatusIs(absl::StatusCode::kDeadlineExceeded));
  EXPECT_THAT(Value(client().ListOrders(account, Soon())), testing::IsEmpty());
}

}  // namespace cert
