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
    const AcmeOrder order = Value(client().NewOrder(account, names, Soon()));
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

TEST_P(AcmeClientContract, ObtainsACertificateThatVerifies) {
  const AcmeAccount account = MakeAccount();
  const std::string name = FreshName();
  const std::vector<std::string> names = {name, "*." + name};
  const std::string csr = *CreateCsr(*CreateKey(KeyType::kEcdsaP256), names);
  const std::string chain = Obtain(account, names, csr);
  EXPECT_THAT(VerifyChain(chain, {.names = names,
                                  .csr_der = csr,
                                  .roots_pem = subject_.root_pem,
                                  .now = base::SystemClock().TimeNow()}),
              base::testing::IsOk());
}

TEST_P(AcmeClientContract, ShowsTheOrderAndItsChallenges) {
  const AcmeAccount account = MakeAccount();
  const std::string name = FreshName();
  const AcmeOrder order = Value(client().NewOrder(account, {name, "*." + name}, Soon()));
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
  }
  EXPECT_EQ(wildcards, 1);
}

TEST_P(AcmeClientContract, ListsTheOrdersOfTheAccountOnly) {
  const AcmeAccount account = MakeAccount();
  const AcmeAccount other = MakeAccount();
  const AcmeOrder first = Value(client().NewOrder(account, {FreshName()}, Soon()));
  const AcmeOrder second = Value(client().NewOrder(account, {FreshName()}, Soon()));
  EXPECT_THAT(Value(client().ListOrders(account, Soon())),
              testing::UnorderedElementsAre(first.url, second.url));
  EXPECT_THAT(Value(client().ListOrders(other, Soon())), testing::IsEmpty());
}

TEST_P(AcmeClientContract, GivesARejectedIdentifierAsAProblem) {
  const AcmeAccount account = MakeAccount();
  const AcmeProblem problem =
      ProblemOf(client().NewOrder(account, {subject_.blocked_name}, Soon()));
  EXPECT_EQ(problem.type, AcmeErrorType("rejectedIdentifier"));
  EXPECT_THAT(problem.http_status, testing::AllOf(testing::Ge(400), testing::Lt(500)));
}

TEST_P(AcmeClientContract, DeactivatesAnAuthorizationAndDoesSoAgain) {
  const AcmeAccount account = MakeAccount();
  const AcmeOrder order = Value(client().NewOrder(account, {FreshName()}, Soon()));
  const std::string url = order.authorization_urls.front();
  Value(client().DeactivateAuthorization(account, url, Soon()));
  EXPECT_EQ(Value(client().GetAuthorization(account, url, Soon())).status,
            AcmeAuthorizationStatus::kDeactivated);
  Value(client().DeactivateAuthorization(account, url, Soon()));
}

TEST_P(AcmeClientContract, RefusesToFinalizeAnOrderThatIsNotReady) {
  const AcmeAccount account = MakeAccount();
  const std::string name = FreshName();
  const AcmeOrder order = Value(client().NewOrder(account, {name}, Soon()));
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
  EXPECT_EQ(ProblemOf(client().NewOrder(stranger, {FreshName()}, Soon())).type,
            AcmeErrorType("accountDoesNotExist"));
}

TEST_P(AcmeClientContract, SendsNothingAfterTheDeadline) {
  const AcmeAccount account = MakeAccount();
  EXPECT_THAT(client().NewOrder(account, {FreshName()}, base::Deadline::After(-absl::Seconds(1))),
              base::testing::StatusIs(absl::StatusCode::kDeadlineExceeded));
  EXPECT_THAT(Value(client().ListOrders(account, Soon())), testing::IsEmpty());
}

}  // namespace cert
