// SPDX-License-Identifier: Apache-2.0
package etherbay.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;

import org.junit.jupiter.api.Test;

final class AddressLockTest {
    private final String name = "etherbay-test/" + ProcessHandle.current().pid() + "/e1.0";

    @Test
    void aNameHasOneHolderAndIsFreeAgainAfterwards() {
        try (AddressLock first = AddressLock.take(name)) {
            assertThat(first).isNotNull();
            assertThatThrownBy(() -> AddressLock.take(name))
                    .isInstanceOfSatisfying(EtherbayException.class, refused -> {
                        assertThat(refused.code()).isEqualTo(ErrorCode.CONFLICT);
                        assertThat(refused.getMessage()).contains(name);
                        assertThat(refused.why())
                                .contains("process " + ProcessHandle.current().pid());
                    });
            AddressLock.take(name + "1").close(); // a longer name is another one
        }
        AddressLock.take(name).close();
    }

    @Test
    void aNameThatIsTooLongIsRefused() {
        assertThatThrownBy(() -> AddressLock.take("x".repeat(108)))
                .isInstanceOfSatisfying(
                        EtherbayException.class,
                        refused -> assertThat(refused.code()).isEqualTo(ErrorCode.INVALID));
        AddressLock.take("x".repeat(107)).close();
    }

    @Test
    void thisMachineHasABootIdAndAClock() {
        assertThat(Linux.bootId()).hasSize(36).isEqualTo(Linux.bootId());
        assertThat(Linux.clock().nanoTime()).isLessThanOrEqualTo(Linux.clock().nanoTime());
        assertThat(Linux.clock().wallMillis()).isGreaterThan(1_700_000_000_000L);
    }
}
