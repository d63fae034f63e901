// SPDX-License-Identifier: Apache-2.0
package etherbay.linux;

import static org.assertj.core.api.Assertions.assertThat;

import etherbay.base.IoStatus;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class DiskErrorsTest {
    /** No error of a disk may look like OK, like a fence, or like a request that may still land. */
    @ParameterizedTest
    @CsvSource({
        "28, NO_SPACE", "122, NO_SPACE", "27, NO_SPACE", "30, READ_ONLY", "1, READ_ONLY",
        "13, READ_ONLY", "95, UNSUPPORTED", "38, UNSUPPORTED", "5, FAILED", "6, FAILED",
        "19, FAILED", "22, FAILED", "110, FAILED", "9999, FAILED"
    })
    void eachErrnoHasOneStatus(int errno, IoStatus status) {
        assertThat(DiskErrors.status(errno)).isEqualTo(status);
    }
}
