/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * The optional features of adapters, one row each: name, bit of the driver's supported_features,
 * name in a configuration of the simulated EFA, and whether using it needs the command MODIFY_QP.
 * The library reports a usable feature as the bit EFADV_DEVICE_ATTR_CAPS_name.
 *
 * CONTRIBUTING.md lists the other places of a new feature.
 */
#ifndef EFA_DRIVER_FEATURES_H
#define EFA_DRIVER_FEATURES_H

#define EFA_FEATURE_TABLE(FEATURE)               \
    FEATURE(RDMA_READ, 0x1u, "rdma_read", false) \
    FEATURE(RNR_RETRY, 0x2u, "rnr_retry", true)

enum efa_feature {
#define EFA_FEATURE_ENUMERATOR(name, bit, text, modifies_qps) EFA_FEATURE_##name = (bit),
    EFA_FEATURE_TABLE(EFA_FEATURE_ENUMERATOR)
#undef EFA_FEATURE_ENUMERATOR
};

#endif
