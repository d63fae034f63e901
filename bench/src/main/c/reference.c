// SPDX-License-Identifier: Apache-2.0
//
// reference SHELF SLOT INTERFACE FILE: the plainest AoE target that is fast. One thread, a packet
// socket, batches of eight frames, and a copy between frame and page cache. No access rules, no
// config string, no durable writes: it is here to be measured beside, not to be used.
// Wire format: AoE r11, sections 2 and 3; ATA: ACS-2.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

enum {
    ETHERTYPE_AOE = 0x88a2,
    // Bytes of a frame.
    AT_TYPE = 12,
    AT_VERSION_FLAGS = 14,
    AT_ERROR = 15,
    AT_SHELF = 16,
    AT_SLOT = 18,
    AT_COMMAND = 19,
    AT_ARGUMENTS = 24,
    CONFIG_END = AT_ARGUMENTS + 8,
    AT_SECTORS = 26,
    AT_ATA_COMMAND = 27,
    AT_LBA = 28,
    AT_DATA = 36,
    FRAME_MIN = 60,

    VERSION = 0x10,
    FLAG_RESPONSE = 0x08,
    FLAG_ERROR = 0x04,
    ERROR_ARGUMENT = 2,
    COMMAND_ATA = 0,
    COMMAND_CONFIG = 1,
    CONFIG_READ = 0,
    READ_SECTORS_EXT = 0x24,
    WRITE_SECTORS_EXT = 0x34,
    IDENTIFY_DEVICE = 0xec,
    STATUS_READY = 0x40,

    SECTOR = 512,
    BATCH = 8,
    SLOT_BYTES = 16384,
    BUFFER_COUNT = 256,
    SOCKET_BYTES = 16 << 20,
};

struct target {
    int socket, file;
    int shelf, slot;
    int sectors_max;
    uint64_t sectors;
    unsigned char mac[6];
};

static unsigned char frames[BATCH][SLOT_BYTES] __attribute__((aligned(4096)));

static void fail(const char *what) {
    fprintf(stderr, "reference: %s: %s\n", what, strerror(errno));
    exit(1);
}

static int number16(const unsigned char *at) { return at[0] << 8 | at[1]; }

static void put16(unsigned char *at, int value) {
    at[0] = value >> 8;
    at[1] = value;
}

static uint64_t lba48(const unsigned char *at) {
    uint64_t lba = 0;
    for (int byte = 5; byte >= 0; byte--) lba = lba << 8 | at[byte];
    return lba;
}

// What ACS-2 7.16 calls words 49, 83, 86 (LBA48) and 60, 100-103 (sectors); little-endian.
static void identify(const struct target *target, unsigned char *data) {
    uint64_t sectors = target->sectors;
    uint64_t sectors28 = sectors < 0x0fffffff ? sectors : 0x0fffffff;
    memset(data, 0, SECTOR);
    data[99] = 0x02;
    data[167] = 0x44;
    data[173] = 0x04;
    for (int byte = 0; byte < 4; byte++) data[120 + byte] = sectors28 >> 8 * byte;
    for (int byte = 0; byte < 8; byte++) data[200 + byte] = sectors >> 8 * byte;
}

static int refused(unsigned char *frame) {
    frame[AT_VERSION_FLAGS] |= FLAG_ERROR;
    frame[AT_ERROR] = ERROR_ARGUMENT;
    return AT_DATA;
}

// The answer to an ATA command stands where the request stood. Returns its bytes, 0 for none.
static int ata(const struct target *target, unsigned char *frame, int bytes) {
    int sectors = frame[AT_SECTORS];
    int command = frame[AT_ATA_COMMAND];
    uint64_t lba = lba48(frame + AT_LBA);
    unsigned char *data = frame + AT_DATA;
    if (bytes < AT_DATA) return 0;
    frame[AT_ARGUMENTS + 1] = 0;
    frame[AT_SECTORS] = 0;
    frame[AT_ATA_COMMAND] = STATUS_READY;
    if (command == IDENTIFY_DEVICE) {
        identify(target, data);
        return AT_DATA + SECTOR;
    }
    if (sectors < 1 || sectors > target->sectors_max || lba > target->sectors ||
        target->sectors - lba < (uint64_t)sectors)
        return refused(frame);
    size_t wanted = (size_t)sectors * SECTOR;
    off_t offset = (off_t)(lba * SECTOR);
    if (command == READ_SECTORS_EXT) {
        if (pread(target->file, data, wanted, offset) != (ssize_t)wanted) return refused(frame);
        return AT_DATA + (int)wanted;
    }
    if (command == WRITE_SECTORS_EXT && bytes >= AT_DATA + (int)wanted) {
        if (pwrite(target->file, data, wanted, offset) != (ssize_t)wanted) return refused(frame);
        return AT_DATA;
    }
    return refused(frame);
}

static int config(const struct target *target, unsigned char *frame, int bytes) {
    if (bytes < CONFIG_END || (frame[AT_ARGUMENTS + 5] & 0x0f) != CONFIG_READ) return 0;
    put16(frame + AT_ARGUMENTS, BUFFER_COUNT);
    put16(frame + AT_ARGUMENTS + 2, 0);
    frame[AT_ARGUMENTS + 4] = target->sectors_max;
    frame[AT_ARGUMENTS + 5] = VERSION | CONFIG_READ;
    put16(frame + AT_ARGUMENTS + 6, 0);
    return CONFIG_END;
}

// Returns the bytes of the answer, which replaces the request; 0 for none.
static int answer(const struct target *target, unsigned char *frame, int bytes) {
    if (bytes < AT_ARGUMENTS || number16(frame + AT_TYPE) != ETHERTYPE_AOE ||
        (frame[AT_VERSION_FLAGS] & 0xf0) != VERSION || frame[AT_VERSION_FLAGS] & FLAG_RESPONSE)
        return 0;
    int shelf = number16(frame + AT_SHELF);
    int slot = frame[AT_SLOT];
    if ((shelf != target->shelf && shelf != 0xffff) || (slot != target->slot && slot != 0xff))
        return 0;
    frame[AT_VERSION_FLAGS] = VERSION | FLAG_RESPONSE;
    frame[AT_ERROR] = 0;
    int answered = frame[AT_COMMAND] == COMMAND_ATA      ? ata(target, frame, bytes)
                   : frame[AT_COMMAND] == COMMAND_CONFIG ? config(target, frame, bytes)
                                                         : 0;
    if (answered == 0) return 0;
    if (answered < FRAME_MIN) {
        memset(frame + answered, 0, FRAME_MIN - answered);
        answered = FRAME_MIN;
    }
    memcpy(frame, frame + 6, 6);
    memcpy(frame + 6, target->mac, 6);
    put16(frame + AT_SHELF, target->shelf);
    frame[AT_SLOT] = target->slot;
    return answered;
}

static void open_file(struct target *target, const char *path) {
    struct stat about;
    target->file = open(path, O_RDWR | O_CLOEXEC);
    if (target->file < 0 || fstat(target->file, &about) < 0) fail(path);
    target->sectors = (uint64_t)about.st_size / SECTOR;
}

static void big_buffer(int socket, int forced, int plain) {
    int bytes = SOCKET_BYTES;
    if (setsockopt(socket, SOL_SOCKET, forced, &bytes, sizeof bytes) < 0 &&
        setsockopt(socket, SOL_SOCKET, plain, &bytes, sizeof bytes) < 0)
        fail("socket buffer");
}

static void open_socket(struct target *target, const char *interface) {
    struct ifreq request = {0};
    struct sockaddr_ll address = {.sll_family = AF_PACKET, .sll_protocol = htons(ETHERTYPE_AOE)};
    int one = 1;
    target->socket = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
    if (target->socket < 0) fail("packet socket");
    big_buffer(target->socket, SO_RCVBUFFORCE, SO_RCVBUF);
    big_buffer(target->socket, SO_SNDBUFFORCE, SO_SNDBUF);
    if (setsockopt(target->socket, SOL_PACKET, PACKET_IGNORE_OUTGOING, &one, sizeof one) < 0)
        fail("PACKET_IGNORE_OUTGOING");
    snprintf(request.ifr_name, sizeof request.ifr_name, "%s", interface);
    if (ioctl(target->socket, SIOCGIFHWADDR, &request) < 0) fail(interface);
    memcpy(target->mac, request.ifr_hwaddr.sa_data, sizeof target->mac);
    if (ioctl(target->socket, SIOCGIFMTU, &request) < 0) fail(interface);
    int sectors = (request.ifr_mtu - (AT_DATA - ETH_HLEN)) / SECTOR;
    int fitting = (SLOT_BYTES - AT_DATA) / SECTOR;
    target->sectors_max = sectors < fitting ? sectors : fitting;
    if (ioctl(target->socket, SIOCGIFINDEX, &request) < 0) fail(interface);
    address.sll_ifindex = request.ifr_ifindex;
    if (bind(target->socket, (struct sockaddr *)&address, sizeof address) < 0) fail("bind");
}

// Sends them all: a full queue only means to ask again.
static void send_all(int socket, struct mmsghdr *answers, int count) {
    for (int sent = 0; sent < count;) {
        int more = sendmmsg(socket, answers + sent, count - sent, 0);
        if (more > 0)
            sent += more;
        else if (errno != EINTR && errno != ENOBUFS && errno != EAGAIN)
            fail("sendmmsg");
    }
}

static void serve(const struct target *target) {
    struct iovec received[BATCH], sent[BATCH];
    struct mmsghdr requests[BATCH] = {0}, answers[BATCH] = {0};
    for (;;) {
        for (int index = 0; index < BATCH; index++) {
            received[index] = (struct iovec){frames[index], SLOT_BYTES};
            requests[index].msg_hdr.msg_iov = received + index;
            requests[index].msg_hdr.msg_iovlen = 1;
        }
        int count = recvmmsg(target->socket, requests, BATCH, MSG_WAITFORONE, NULL);
        if (count < 0 && errno != EINTR && errno != ENETDOWN) fail("recvmmsg");
        int answered = 0;
        for (int index = 0; index < count; index++) {
            int bytes = answer(target, frames[index], (int)requests[index].msg_len);
            if (bytes == 0) continue;
            sent[answered] = (struct iovec){frames[index], (size_t)bytes};
            answers[answered].msg_hdr.msg_iov = sent + answered;
            answers[answered].msg_hdr.msg_iovlen = 1;
            answered++;
        }
        send_all(target->socket, answers, answered);
    }
}

int main(int count, char **arguments) {
    struct target target = {0};
    if (count != 5) {
        fprintf(stderr, "usage: reference SHELF SLOT INTERFACE FILE\n");
        return 2;
    }
    target.shelf = atoi(arguments[1]);
    target.slot = atoi(arguments[2]);
    open_file(&target, arguments[4]);
    open_socket(&target, arguments[3]);
    serve(&target);
}
