// SPDX-License-Identifier: Apache-2.0
package etherbay.base;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

import java.util.Arrays;

class EtherbayExceptionTest {
    @Test
    void eachKindOfErrorHasItsOwnExitCodeThatAShellDoesNotUse() {
        int[] exitCodes =
                Arrays.stream(ErrorCode.values()).mapToInt(ErrorCode::exitCode).toArray();
        assertThat(exitCodes).containsExactly(2, 3, 4, 5, 6, 7, 8, 9, 70).doesNotHaveDuplicates();
    }

    @Test
    void textSaysWhatWhyAndWhatToDoOnALineEach() {
        EtherbayException error = new EtherbayException(
                ErrorCode.NOT_FOUND,
                "no file /disk.img",
                "the folder is empty",
                "truncate -s 1G /disk.img");
        assertThat(error.toText()).isEqualTo("""
                        etherbay: no file /disk.img
                          why: the folder is empty
                          do: truncate -s 1G /disk.img""");
        assertThat(error.code()).isEqualTo(ErrorCode.NOT_FOUND);
    }
}
