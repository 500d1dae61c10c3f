// Every record comes back as it was stored, and only to its tenant.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "base/status_macros.h"
#include "base/testing/status_matchers.h"
#include "cert/store/testing/postgres_fixture.h"
#include "cert/store/testing/samples.h"

namespace cert {
namespace {

using ::base::testing::IsOk;
using ::base::testing::IsOkAndHolds;
using ::base::testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Optional;
using namespace ::cert::testing;  // NOLINT: samples

class RecordsSuite : public PostgresFixture {
 protected:
  absl::Status Write(Store::Body body) { return store_->Write(kTenant, body); }

  void InsertEverything() {
    ASSERT_THAT(Write([](Transaction& transaction) {
                  EXPECT_THAT(transaction.InsertDomain(SampleDomain()), IsOk());
                  EXPECT_THAT(transaction.InsertCertificate(SampleCertificate()), IsOk());
                  EXPECT_THAT(transaction.InsertOrder(SampleOrder()), IsOk());
                  return transaction.InsertIssuance(SampleIssuance());
                }),
                IsOk());
  }

  // Reads and writes find the same.
  void Both(Store::Body body) {
    EXPECT_THAT(store_->Read(kTenant, body), IsOk());
    EXPECT_THAT(store_->Write(kTenant, body), IsOk());
  }
};

TEST_F(RecordsSuite, RecordsComeBackAsTheyWereInserted) {
  InsertEverything();
  Both([](Transaction& transaction) {
    EXPECT_THAT(transaction.GetDomain(DomainId("dom_1")), IsOkAndHolds(SampleDomain()));
    EXPECT_THAT(transaction.FindDomainByHostname("www1.shop.test"),
                IsOkAndHolds(Optional(SampleDomain())));
    EXPECT_THAT(transaction.FindDomainByKey("key-1"), IsOkAndHolds(Optional(SampleDomain())));
    EXPECT_THAT(transaction.GetCertificate(CertificateId("crt_1")),
                IsOkAndHolds(SampleCertificate()));
    EXPECT_THAT(transaction.GetOrder(OrderId("ord_1")), IsOkAndHolds(SampleOrder()));
    EXPECT_THAT(transaction.GetIssuance(IssuanceId("iss_1")), IsOkAndHolds(SampleIssuance()));
    return absl::OkStatus();
  });
}

TEST_F(RecordsSuite, DomainComesBackAsItWasUpdated) {
  InsertEverything();
  Domain changed = SampleDomain();
  changed.progress = {.state = DomainState::kFailed,
                      .tries = 75,
                      .start_time = kThen + absl::Seconds(9),
                      .due_time = absl::InfiniteFuture()};
  changed.finding = std::nullopt;
  changed.prove_time = std::nullopt;
  changed.check_time = kThen + absl::Hours(1);
  ASSERT_THAT(Write([&](Transaction& t) { return t.UpdateDomain(changed); }), IsOk());
  Both([&](Transaction& transaction) {
    EXPECT_THAT(transaction.GetDomain(changed.id), IsOkAndHolds(changed));
    return absl::OkStatus();
  });
}

TEST_F(RecordsSuite, CertificateComesBackAsItWasUpdated) {
  InsertEverything();
  Certificate changed = SampleCertificate();
  changed.progress.state = CertificateState::kActive;
  changed.order = std::nullopt;
  changed.issuance = std::nullopt;
  changed.renew_time = std::nullopt;
  changed.failed_orders = 0;
  changed.set_aside = {{.name = "*.www.shop.test",
                        .times = 3,
                        .retry_time = kThen + absl::Hours(24),
                        .why = SampleFinding()}};
  changed.finding = std::nullopt;
  changed.deployment = {.awaited = {IssuanceId("iss_2"), IssuanceId("iss_1")},
                        .issue_time = kThen,
                        .overdue_time = kThen + absl::Hours(1),
                        .served_until = kThen + absl::Hours(24),
                        .told = true};
  ASSERT_THAT(Write([&](Transaction& t) { return t.UpdateCertificate(changed); }), IsOk());
  Both([&](Transaction& transaction) {
    EXPECT_THAT(transaction.GetCertificate(changed.id), IsOkAndHolds(changed));
    return absl::OkStatus();
  });
}

TEST_F(RecordsSuite, OrderComesBackAsItWasUpdatedWithFewerOrOtherAuthorizations) {
  InsertEverything();
  Order changed = SampleOrder();
  changed.authorizations.pop_back();
  changed.authorizations[0].valid = true;
  changed.http_first = true;
  changed.key = std::nullopt;
  changed.csr_der = "";
  changed.expire_time = std::nullopt;
  changed.finding = std::nullopt;
  ASSERT_THAT(Write([&](Transaction& t) { return t.UpdateOrder(changed); }), IsOk());
  Both([&](Transaction& transaction) {
    EXPECT_THAT(transaction.GetOrder(changed.id), IsOkAndHolds(changed));
    return absl::OkStatus();
  });
}

TEST_F(RecordsSuite, WhatIsNotThereIsNotFound) {
  const auto not_found = StatusIs(absl::StatusCode::kNotFound);
  for (const auto& read : std::vector<std::function<absl::Status(Transaction&)>>{
           [](Transaction& t) { return t.GetDomain(DomainId("x")).status(); },
           [](Transaction& t) { return t.GetCertificate(CertificateId("x")).status(); },
           [](Transaction& t) { return t.GetOrder(OrderId("x")).status(); },
           [](Transaction& t) { return t.GetIssuance(IssuanceId("x")).status(); },
           [](Transaction& t) { return t.ListDomains(std::nullopt, "x", 1).status(); },
           [](Transaction& t) { return t.UpdateDomain(SampleDomain()); },
           [](Transaction& t) { return t.UpdateCertificate(SampleCertificate()); },
           [](Transaction& t) { return t.UpdateOrder(SampleOrder()); }}) {
    EXPECT_THAT(Write(read), not_found);
  }
  Both([](Transaction& transaction) {
    EXPECT_THAT(transaction.FindDomainByKey(""), IsOkAndHolds(std::nullopt));
    EXPECT_THAT(transaction.FindDomainByHostname("x"), IsOkAndHolds(std::nullopt));
    EXPECT_THAT(transaction.LatestEvidence("x"), IsOkAndHolds(std::nullopt));
    EXPECT_THAT(transaction.GetClaim("x"), IsOkAndHolds(std::nullopt));
    return absl::OkStatus();
  });
}

TEST_F(RecordsSuite, ListsPageInOrderOfCreationWithoutTheDeleted) {
  for (const char* suffix : {"c", "a", "b"}) {
    Domain domain = SampleDomain(suffix);
    domain.create_time = kThen + absl::Seconds(suffix[0] == 'a' ? 1 : 0);
    ASSERT_THAT(Write([&](Transaction& t) { return t.InsertDomain(domain); }), IsOk());
  }
  const auto page = [&](const std::string& after, int limit) {
    std::vector<std::string> ids;
    EXPECT_THAT(store_->Read(kTenant,
                             [&](Transaction& transaction) {
                               ids.clear();
                               const auto domains =
                                   transaction.ListDomains(std::nullopt, after, limit);
                               if (!domains.ok()) return domains.status();
                               for (const Domain& domain : *domains)
                                 ids.push_back(domain.id.text());
                               return absl::OkStatus();
                             }),
                IsOk());
    return ids;
  };
  EXPECT_THAT(page("", 2), ElementsAre("dom_b", "dom_c"));
  EXPECT_THAT(page("dom_c", 2), ElementsAre("dom_a"));
  EXPECT_THAT(page("dom_a", 2), IsEmpty());
  Domain deleted = SampleDomain("b");
  deleted.progress = {.state = DomainState::kDeleted, .start_time = kThen};
  ASSERT_THAT(Write([&](Transaction& t) { return t.UpdateDomain(deleted); }), IsOk());
  EXPECT_THAT(page("", 9), ElementsAre("dom_c", "dom_a"));
}

TEST_F(RecordsSuite, CertificatesAreListedByState) {
  InsertEverything();
  EXPECT_THAT(
      store_->Read(kTenant,
                   [](Transaction& transaction) {
                     EXPECT_THAT(transaction.ListCertificates(std::nullopt, "", 9),
                                 IsOkAndHolds(ElementsAre(SampleCertificate())));
                     EXPECT_THAT(transaction.ListCertificates(CertificateState::kOrdering, "", 9),
                                 IsOkAndHolds(ElementsAre(SampleCertificate())));
                     EXPECT_THAT(transaction.ListCertificates(CertificateState::kActive, "", 9),
                                 IsOkAndHolds(IsEmpty()));
                     return absl::OkStatus();
                   }),
      IsOk());
}

TEST_F(RecordsSuite, DomainsAreListedByStatePageByPage) {
  for (const char* suffix : {"1", "2", "3"}) {
    Domain domain = SampleDomain(suffix);
    domain.progress = {.state = DomainState::kPending, .start_time = kThen, .due_time = kThen};
    if (*suffix == '2') domain.progress = {.state = DomainState::kFailed, .start_time = kThen};
    ASSERT_THAT(Write([&](Transaction& t) { return t.InsertDomain(domain); }), IsOk());
  }
  const auto page = [&](std::optional<DomainState> state, const std::string& after) {
    std::vector<std::string> ids;
    EXPECT_THAT(store_->Read(kTenant,
                             [&](Transaction& transaction) {
                               const auto listed = transaction.ListDomains(state, after, 1);
                               EXPECT_THAT(listed, IsOk());
                               for (const Domain& it : *listed) ids.push_back(it.id.text());
                               return absl::OkStatus();
                             }),
                IsOk());
    return ids;
  };
  EXPECT_THAT(page(DomainState::kPending, ""), ElementsAre("dom_1"));
  EXPECT_THAT(page(DomainState::kPending, "dom_1"), ElementsAre("dom_3"));
  EXPECT_THAT(page(DomainState::kPending, "dom_3"), IsEmpty());
  EXPECT_THAT(page(DomainState::kFailed, ""), ElementsAre("dom_2"));
  EXPECT_THAT(page(std::nullopt, "dom_1"), ElementsAre("dom_2"));
}

TEST_F(RecordsSuite, AHostnameIsTakenUntilItsDomainIsDeleted) {
  InsertEverything();
  Domain second = SampleDomain("2");
  second.hostname = SampleDomain().hostname;
  const absl::Status taken = Write([&](Transaction& t) { return t.InsertDomain(second); });
  EXPECT_THAT(taken, StatusIs(absl::StatusCode::kAlreadyExists));
  EXPECT_EQ(taken.message(), "domains_hostname_key");
  Domain deleted = SampleDomain();
  deleted.progress = {.state = DomainState::kDeleted, .start_time = kThen};
  EXPECT_THAT(Write([&](Transaction& t) { return t.UpdateDomain(deleted); }), IsOk());
  EXPECT_THAT(Write([&](Transaction& t) { return t.InsertDomain(second); }), IsOk());
}

// A write may fail as late as at the next read, or at the commit.
TEST_F(RecordsSuite, NothingIsCommittedAfterAFailedStatementEvenIfTheBodyIgnoresIt) {
  InsertEverything();
  const absl::Status status = Write([](Transaction& transaction) {
    EXPECT_THAT(transaction.InsertDomain(SampleDomain("2")), IsOk());
    (void)transaction.InsertDomain(SampleDomain("1"));
    EXPECT_THAT(transaction.GetDomain(SampleDomain("2").id),
                StatusIs(absl::StatusCode::kAlreadyExists));
    return absl::OkStatus();
  });
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kAlreadyExists));
  EXPECT_EQ(Query("SELECT count(*) FROM padlock.domains"), "1");
}

TEST_F(RecordsSuite, AnOrderUrlBelongsToOneOrderOfAllTenants) {
  InsertEverything();
  const std::string url = SampleOrder().order_url;
  const absl::Status status = store_->Write(kOtherTenant, [&](Transaction& transaction) {
    EXPECT_THAT(transaction.UnknownOrderUrls({"https://ca.test/new", url}),
                IsOkAndHolds(ElementsAre("https://ca.test/new")));
    EXPECT_THAT(transaction.InsertCertificate(SampleCertificate("2")), IsOk());
    Order order = SampleOrder("2");
    order.order_url = url;
    return transaction.InsertOrder(order);
  });
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kAlreadyExists));
}

TEST_F(RecordsSuite, TokensAreWantedWhileAnotherOrderIsAlive) {
  InsertEverything();
  Order closing = SampleOrder("2");
  closing.certificate = CertificateId("crt_1");
  ASSERT_THAT(Write([&](Transaction& t) { return t.InsertOrder(closing); }), IsOk());
  const auto wanted = [&](const char* except) {
    std::vector<std::string> values;
    EXPECT_THAT(store_->Read(kTenant,
                             [&](Transaction& transaction) {
                               values = *transaction.TokensWanted(
                                   closing.authorizations.front().delegation_target,
                                   OrderId(except));
                               return absl::OkStatus();
                             }),
                IsOk());
    return values;
  };
  EXPECT_THAT(wanted("ord_1"), ElementsAre("token-2-1", "token-2-2"));
  closing.progress.state = OrderState::kClosing;
  ASSERT_THAT(Write([&](Transaction& t) { return t.UpdateOrder(closing); }), IsOk());
  EXPECT_THAT(wanted("ord_1"), IsEmpty());
  EXPECT_THAT(wanted("ord_2"), ElementsAre("token-1-1", "token-1-2"));
}

// What was stored before each authorization had a target of its own.
TEST_F(RecordsSuite, ATokenWithoutATargetIsAtThatOfItsOrder) {
  InsertEverything();
  Execute("UPDATE padlock.authorizations SET delegation_target = '', domain = ''");
  Execute("UPDATE padlock.orders SET delegation_target = 'www.shop.test.d1.padlock.test'");
  EXPECT_THAT(store_->Read(kTenant,
                           [](Transaction& transaction) {
                             const auto order = transaction.GetOrder(SampleOrder().id);
                             EXPECT_THAT(order, IsOk());
                             EXPECT_EQ(order->authorizations.front().delegation_target,
                                       "www.shop.test.d1.padlock.test");
                             EXPECT_THAT(transaction.TokensWanted("www.shop.test.d1.padlock.test",
                                                                  OrderId("ord_2")),
                                         IsOkAndHolds(ElementsAre("token-1-1", "token-1-2")));
                             return absl::OkStatus();
                           }),
              IsOk());
}

TEST_F(RecordsSuite, AnHttpTokenIsFoundForItsHostWhileTheCaMayComeForIt) {
  InsertEverything();
  Order order = SampleOrder("2");
  order.certificate = CertificateId("crt_1");
  Authorization& answered = order.authorizations.front();
  answered.method = ValidationMethod::kHttp;
  answered.txt_value.clear();
  answered.key_authorization = "tok-en.thumbprint";
  ASSERT_THAT(Write([&](Transaction& t) { return t.InsertOrder(order); }), IsOk());
  EXPECT_THAT(http_tokens_->FindKeyAuthorization("tok-en", "www.shop.test"),
              IsOkAndHolds(Optional(std::string("tok-en.thumbprint"))));
  EXPECT_THAT(http_tokens_->FindKeyAuthorization("tok-en", "shop.test"),
              IsOkAndHolds(std::nullopt));
  EXPECT_THAT(http_tokens_->FindKeyAuthorization("tok", "www.shop.test"),
              IsOkAndHolds(std::nullopt));
  order.progress.state = OrderState::kFinalizing;
  ASSERT_THAT(Write([&](Transaction& t) { return t.UpdateOrder(order); }), IsOk());
  EXPECT_THAT(http_tokens_->FindKeyAuthorization("tok-en", "www.shop.test"),
              IsOkAndHolds(std::nullopt));
}

TEST_F(RecordsSuite, EvidenceIsNumberedAndOnlyTheLatestIsKept) {
  EvidenceRecord record{.time = kThen, .decision = "disagree", .answers = SampleEvidence()};
  for (int attempt = 1; attempt <= 25; ++attempt) {
    EXPECT_THAT(Write([&](Transaction& transaction) {
                  EXPECT_THAT(transaction.PutEvidence("dom_1", record), IsOkAndHolds(attempt));
                  return absl::OkStatus();
                }),
                IsOk());
  }
  record.attempt = 25;
  Both([&](Transaction& transaction) {
    EXPECT_THAT(transaction.LatestEvidence("dom_1"), IsOkAndHolds(Optional(record)));
    return absl::OkStatus();
  });
  EXPECT_EQ(Query("SELECT count(*) || ' from ' || min(attempt) FROM padlock.evidence"),
            "20 from 6");
}

// A zone's owner chooses how much its servers answer.
TEST_F(RecordsSuite, EvidenceIsKeptAsFarAsThereIsRoom) {
  Answer large = SampleEvidence().front();
  observation::Observation seen = large.views.front().observations.front();
  seen.values.assign(16, std::string(512, 'x'));
  large.views.front().observations.assign(500, seen);
  const EvidenceRecord record{.time = kThen, .decision = "disagree", .answers = {large, large}};
  EXPECT_THAT(Write([&](Transaction& it) { return it.PutEvidence("dom_1", record).status(); }),
              IsOk());
  Both([&](Transaction& transaction) {
    const auto kept = transaction.LatestEvidence("dom_1");
    EXPECT_THAT(
        kept,
        IsOkAndHolds(Optional(::testing::Field(&EvidenceRecord::answers, ::testing::SizeIs(2)))));
    return absl::OkStatus();
  });
  EXPECT_LT(std::stol(Query("SELECT length(answers::text) FROM padlock.evidence")), 4 << 20);
}

TEST_F(RecordsSuite, TheFirstDelegationIdOfATenantStays) {
  for (const char* candidate : {"first", "second"}) {
    EXPECT_THAT(Write([&](Transaction& transaction) {
                  EXPECT_THAT(transaction.DelegationId(candidate), IsOkAndHolds("first"));
                  return absl::OkStatus();
                }),
                IsOk());
  }
}

TEST_F(RecordsSuite, AnAccountIsMadeOnce) {
  const AcmeAccountRow first{.ca = "pebble", .key = {.key_id = "kek1", .octets = "a"}, .url = ""};
  AcmeAccountRow second = first;
  second.key.octets = "b";
  EXPECT_THAT(accounts_->GetAccount("pebble"), StatusIs(absl::StatusCode::kNotFound));
  EXPECT_THAT(accounts_->InsertAccount(first), IsOkAndHolds(first));
  EXPECT_THAT(accounts_->InsertAccount(second), IsOkAndHolds(first));
  EXPECT_THAT(accounts_->SetAccountUrl("pebble", "https://ca.test/acct/1"), IsOk());
  EXPECT_THAT(accounts_->SetAccountUrl("other", "u"), StatusIs(absl::StatusCode::kNotFound));
  EXPECT_EQ(accounts_->GetAccount("pebble")->url, "https://ca.test/acct/1");
}

}  // namespace
}  // namespace cert
