// SPDX-License-Identifier: Apache-2.0
#include "wire/aes_gcm.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <algorithm>

#include "base/check.h"

namespace rollcall::wire {
namespace {

const unsigned char* cipher_bytes(Bytes bytes) {
    return reinterpret_cast<const unsigned char*>(bytes.data());
}
unsigned char* cipher_bytes(MutableBytes bytes) {
    return reinterpret_cast<unsigned char*>(bytes.data());
}

const EVP_CIPHER* cipher_for(std::size_t key_size) {
    // Fetched once: looking an algorithm up costs more than using it.
    static const EVP_CIPHER* const aes128 = EVP_CIPHER_fetch(nullptr, "AES-128-GCM", nullptr);
    static const EVP_CIPHER* const aes192 = EVP_CIPHER_fetch(nullptr, "AES-192-GCM", nullptr);
    static const EVP_CIPHER* const aes256 = EVP_CIPHER_fetch(nullptr, "AES-256-GCM", nullptr);
    return key_size == 16 ? aes128 : key_size == 24 ? aes192 : aes256;
}

// Largest piece that EVP takes at once, by its int lengths; frames are capped far below.
constexpr std::size_t kCipherPiece = std::size_t{1} << 30;

template <class Update>
bool cipher_authenticate(const SealContext& context, Update&& update) {
    return (context.frame_head.empty() || update(context.frame_head)) &&
           (context.label.empty() || update(as_bytes(context.label)));
}

}  // namespace

void AesGcm::Freer::operator()(evp_cipher_ctx_st* context) const {
    EVP_CIPHER_CTX_free(context);
}

AesGcm::AesGcm(Bytes key) : sealer_{EVP_CIPHER_CTX_new()}, opener_{EVP_CIPHER_CTX_new()} {
    ROLLCALL_CHECK(key.size() == 16 || key.size() == 24 || key.size() == 32);
    const EVP_CIPHER* const cipher = cipher_for(key.size());
    ROLLCALL_CHECK(cipher != nullptr && sealer_ && opener_);
    ROLLCALL_CHECK(
        EVP_EncryptInit_ex2(sealer_.get(), cipher, cipher_bytes(key), nullptr, nullptr) == 1);
    ROLLCALL_CHECK(
        EVP_DecryptInit_ex2(opener_.get(), cipher, cipher_bytes(key), nullptr, nullptr) == 1);
}

AesGcm::~AesGcm() = default;
AesGcm::AesGcm(AesGcm&&) noexcept = default;
AesGcm& AesGcm::operator=(AesGcm&&) noexcept = default;

void AesGcm::seal(std::uint8_t version, const Nonce& nonce, const SealContext& context,
                  std::size_t plain_size, MutableBytes sealed) {
    ROLLCALL_CHECK(version <= kMaxEncryptionVersion && plain_size < kCipherPiece);
    ROLLCALL_CHECK(sealed.size() == sealed_size(version, plain_size));
    sealed[0] = std::byte{version};
    std::copy(nonce.begin(), nonce.end(), sealed.begin() + 1);
    const MutableBytes text = sealed.subspan(1 + kNonceSize, sealed.size() - kSealedOverhead);
    const std::size_t padding = text.size() - plain_size;
    std::fill_n(text.end() - static_cast<std::ptrdiff_t>(padding), padding,
                static_cast<std::byte>(padding));

    EVP_CIPHER_CTX* const c = sealer_.get();
    int size = 0;
    const bool sealed_well =
        EVP_EncryptInit_ex2(c, nullptr, nullptr, cipher_bytes(Bytes{nonce}), nullptr) == 1 &&
        cipher_authenticate(context,
                            [&](Bytes bytes) {
                                return EVP_EncryptUpdate(c, nullptr, &size, cipher_bytes(bytes),
                                                         static_cast<int>(bytes.size())) == 1;
                            }) &&
        EVP_EncryptUpdate(c, cipher_bytes(text), &size, cipher_bytes(text),
                          static_cast<int>(text.size())) == 1 &&
        EVP_EncryptFinal_ex(c, cipher_bytes(text) + size, &size) == 1 &&
        EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_GET_TAG, static_cast<int>(kTagSize),
                            sealed.last(kTagSize).data()) == 1;
    ROLLCALL_CHECK(sealed_well);
}

std::optional<std::size_t> AesGcm::open(const SealContext& context, Bytes sealed,
                                        MutableBytes plain) {
    if (sealed.size() < kSealedOverhead || sealed.size() >= kCipherPiece) return {};
    const auto version = std::to_integer<std::uint8_t>(sealed[0]);
    if (version > kMaxEncryptionVersion) return {};
    const Bytes text = sealed.subspan(1 + kNonceSize, sealed.size() - kSealedOverhead);
    if (version == 0 && text.size() < kCipherBlock) return {};
    ROLLCALL_CHECK(plain.size() >= text.size());
    std::array<unsigned char, kTagSize> tag;
    std::copy_n(cipher_bytes(sealed.last(kTagSize)), kTagSize, tag.begin());

    EVP_CIPHER_CTX* const c = opener_.get();
    int size = 0;
    const bool authentic =
        EVP_DecryptInit_ex2(c, nullptr, nullptr, cipher_bytes(sealed.subspan(1, kNonceSize)),
                            nullptr) == 1 &&
        cipher_authenticate(context,
                            [&](Bytes bytes) {
                                return EVP_DecryptUpdate(c, nullptr, &size, cipher_bytes(bytes),
                                                         static_cast<int>(bytes.size())) == 1;
                            }) &&
        EVP_DecryptUpdate(c, cipher_bytes(plain), &size, cipher_bytes(text),
                          static_cast<int>(text.size())) == 1 &&
        EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_SET_TAG, static_cast<int>(kTagSize), tag.data()) ==
            1 &&
        EVP_DecryptFinal_ex(c, cipher_bytes(plain) + size, &size) == 1;
    if (!authentic) return {};
    if (version != 0) return text.size();
    // Peers read only the last byte of the padding. It is authenticated but still checked: a wrong
    // one crashes old programs.
    const auto padding = std::to_integer<std::size_t>(plain[text.size() - 1]);
    if (padding < 1 || padding > kCipherBlock || padding > text.size()) return {};
    return text.size() - padding;
}

Nonce NoncePool::draw() {
    if (used_ == kBlock) {
        block_.resize(kBlock);
        entropy_.fill(block_);
        used_ = 0;
    }
    Nonce nonce;
    const auto from = block_.begin() + static_cast<std::ptrdiff_t>(used_);
    std::copy_n(from, kNonceSize, nonce.begin());
    std::fill_n(from, kNonceSize, std::byte{0});
    used_ += kNonceSize;
    return nonce;
}

std::span<AesGcm> KeyedCiphers::of(const Keyring& keys) {
    const auto now = keys.keys();
    if (!std::equal(now.begin(), now.end(), keys_.begin(), keys_.end())) {
        ciphers_.clear();
        for (const Keyring::Key& key : now) ciphers_.emplace_back(key);
        for (Keyring::Key& key : keys_) OPENSSL_cleanse(key.data(), key.size());
        keys_.assign(now.begin(), now.end());
    }
    return ciphers_;
}

}  // namespace rollcall::wire
