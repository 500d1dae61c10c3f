// A tenant with very much to do, which takes long, beside one with little.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>
#include <utility>

#include "cert/reconcile/testing/reconcile_fixture.h"

namespace cert {
namespace {

const TenantId kFlood("flood");

// Keeps what the tenant "flood" wants to know, as names do whose nameservers are dead.
class HoldingProber final : public Prober {
 public:
  explicit HoldingProber(Prober& others) : others_(others) {}

  void Ask(Inquiry inquiry, Done done) override {
    if (inquiry.tenant != kFlood) return others_.Ask(std::move(inquiry), std::move(done));
    const base::MutexLock lock(mutex_);
    ++asked_;
    held_.emplace_back(std::move(inquiry), std::move(done));
  }
  absl::Status Ready() const override { return absl::OkStatus(); }

  int asked() const {
    const base::MutexLock lock(mutex_);
    return asked_;
  }
  int held() const {
    const base::MutexLock lock(mutex_);
    return static_cast<int>(held_.size());
  }
  // Nobody could tell.
  void LetOneGo() {
    std::pair<Inquiry, Done> first;
    {
      const base::MutexLock lock(mutex_);
      first = std::move(held_.front());
      held_.pop_front();
    }
    Evidence evidence;
    for (const Question& question : first.first.questions) {
      View view;
      view.perspective = "ams";
      view.failure = "no answer in time";
      evidence.push_back({.question = question, .views = {view}});
    }
    first.second(std::move(evidence));
  }

 private:
  Prober& others_;
  mutable base::Mutex mutex_;
  int asked_ ABSL_GUARDED_BY(mutex_) = 0;
  std::deque<std::pair<Inquiry, Done>> held_ ABSL_GUARDED_BY(mutex_);
};

class FairnessTest : public ReconcileTest {
 protected:
  static constexpr int kLeases = 8;
  static constexpr int kFloodDomains = 60;

  Services MakeServices() override {
    const Services services = ReconcileTest::MakeServices();
    return {.store = services.store,
            .accounts = services.accounts,
            .publisher = services.publisher,
            .prober = holding_,
            .sealer = services.sealer,
            .random = services.random,
            .metrics = services.metrics,
            .authorities = services.authorities,
            .options = services.options};
  }

  HoldingProber holding_{prober_};
};

TEST_F(FairnessTest, ATenantWithManySlowDomainsHoldsNoOtherUp) {
  for (int i = 0; i < kFloodDomains; ++i) {
    Add(kFlood.text(), absl::StrFormat("shop-%d.example.com", i));
  }
  reconciler_ = std::make_unique<Reconciler>(
      MakeServices(), queue_,
      Reconciler::Options{.threads = 2, .max_leases = kLeases, .lease = kLease});
  ASSERT_TRUE(Eventually([&] { return holding_.held() == kLeases; }));
  const Domain other = Add("a", "shop.example.net");
  EXPECT_TRUE(Eventually([&] {
    if (holding_.held() == kLeases) holding_.LetOneGo();
    return CertificateOf(other).progress.state == CertificateState::kActive;
  }));
  EXPECT_LT(holding_.asked(), kFloodDomains / 2);
}

}  // namespace
}  // namespace cert
