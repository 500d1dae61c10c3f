// The JSON objects of a CA: directory, account, order list, order, authorization.

#include <cstddef>
#include <cstdint>

#include "cert/acme/acme_objects.h"
#include "cert/acme/reply_headers.h"
#include "fuzz/require.h"

namespace {

using cert::IsHttpsUrl;

void CheckDirectory(const std::string& body) {
  const auto directory = cert::ParseDirectory(body);
  if (!directory.ok()) return;
  fuzz::Require(IsHttpsUrl(directory->new_nonce) && IsHttpsUrl(directory->new_account) &&
                    IsHttpsUrl(directory->new_order),
                "a directory holds https URLs");
}

void CheckRenewalInfo(const std::string& body) {
  const auto info = cert::ParseRenewalInfo(body);
  if (!info.ok()) return;
  fuzz::Require(info->window.start < info->window.end, "a window starts before it ends");
  fuzz::Require(info->window.end < absl::InfiniteFuture(), "a window ends");
  fuzz::Require(info->explanation_url.empty() || IsHttpsUrl(info->explanation_url),
                "an explanation is at an https URL");
}

void CheckOrder(const std::string& body) {
  const auto order = cert::ParseOrder(body);
  if (!order.ok()) return;
  fuzz::Require(IsHttpsUrl(order->finalize_url), "an order is finalized at an https URL");
  for (const std::string& url : order->authorization_urls) {
    fuzz::Require(IsHttpsUrl(url), "an authorization has an https URL");
  }
}

void CheckLists(const std::string& body) {
  const auto orders = cert::ParseAccountOrders(body);
  if (orders.ok() && *orders) fuzz::Require(IsHttpsUrl(**orders), "orders have an https URL");
  const auto page = cert::ParseOrderList(body);
  if (!page.ok()) return;
  fuzz::Require(page->size() <= 10'000, "a page is bounded");
  for (const std::string& url : *page) fuzz::Require(IsHttpsUrl(url), "an order has an https URL");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string body = fuzz::Text(data, size);
  CheckDirectory(body);
  CheckRenewalInfo(body);
  CheckOrder(body);
  CheckLists(body);
  (void)cert::ParseAuthorization(body, "thumbprint");
  return 0;
}
