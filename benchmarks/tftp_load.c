/* TFTP phones for the benchmark: one epoll loop, so cheap that the server is what is measured.
 *
 *     tftp_load HOST PORT PHONES SECONDS TRANSFERS BLKSIZE WINDOW LOSS ABANDON NAMES_FILE
 *
 * PHONES ask at a time, each for one file after the other, with a new socket for each, until SECONDS are over
 * or each had its share of TRANSFERS (0: no end). BLKSIZE 0 asks without options. LOSS is the percentage of
 * packets that get lost, in each direction; ABANDON that of transfers whose phone falls silent after its
 * third block. A phone that hears nothing for a second repeats its last packet, at most eight times.
 * NAMES_FILE has a file name a line. The result is one line of JSON; who got no file at all is `starved`.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { RRQ = 1, DATA = 3, ACK = 4, ERROR = 5, OACK = 6, AGAIN_MS = 1000, TRIES = 8, LARGEST = 65468 };

struct phone {
    int socket, tries, block_size, window, in_window, abandons, is_answered;
    unsigned next, last_length;
    uint64_t began, sent, received, asked, had;
    struct sockaddr_in peer;
    unsigned char last[600];
};

static struct phone *phones;
static char **names;
static size_t name_count, phone_count;
static int loop, block_size, window_size;
static double loss, abandon;
static struct sockaddr_in server;
static uint64_t begun, transfers, share, ready, half_at, served, failed, refused, abandoned, repeats, received, took_count, took_room;
static float *took;

static uint64_t now_us(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static int chance(double percent) { return percent > 0 && drand48() * 100 < percent; }

static void transmit(struct phone *p) {
    if (!chance(loss))
        sendto(p->socket, p->last, p->last_length, 0, (struct sockaddr *)&p->peer, sizeof p->peer);
}

static void say(struct phone *p, uint64_t now) {
    p->sent = now;
    p->tries = 0;
    transmit(p);
}

static void acknowledge(struct phone *p, unsigned block, uint64_t now) {
    p->last[0] = 0, p->last[1] = ACK, p->last[2] = block >> 8 & 255, p->last[3] = block & 255;
    p->last_length = 4;
    say(p, now);
}

static void ask(struct phone *p, uint64_t now) {
    if (transfers && (begun == transfers || p->asked == share)) {
        p->socket = -1;
        return;
    }
    p->asked++;
    const char *name = names[begun++ % name_count];
    p->socket = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    if (p->socket < 0) perror("socket"), exit(1);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = p};
    epoll_ctl(loop, EPOLL_CTL_ADD, p->socket, &event);
    p->peer = server, p->is_answered = 0;
    p->began = now, p->received = 0, p->next = 1, p->in_window = 0, p->window = 1, p->block_size = 512;
    p->abandons = chance(abandon);
    int length = sprintf((char *)p->last + 2, "%s%coctet", name, 0) + 1;
    if (block_size) length += sprintf((char *)p->last + 2 + length, "blksize%c%d%ctsize%c0", 0, block_size, 0, 0) + 1;
    if (window_size > 1) length += sprintf((char *)p->last + 2 + length, "windowsize%c%d", 0, window_size) + 1;
    p->last[0] = 0, p->last[1] = RRQ, p->last_length = 2 + length;
    say(p, now);
}

static void finish(struct phone *p, uint64_t now) {
    close(p->socket);
    ask(p, now);
}

static void complete(struct phone *p, uint64_t now) {
    if (took_count == took_room) took = realloc(took, (took_room = took_room ? 2 * took_room : 4096) * sizeof *took);
    took[took_count++] = (now - p->began) / 1000.0f;
    served++, p->had++;
    if (p->had == share && ++ready == (phone_count + 1) / 2) half_at = now;
    finish(p, now);
}

/* Takes what the server accepted of the options. */
static void agree(struct phone *p, char *options, ssize_t length) {
    char *at = options, *end = options + length;
    while (at < end) {
        char *name = at, *value = at + strlen(at) + 1;
        if (value >= end) return;
        if (!strcasecmp(name, "blksize")) p->block_size = atoi(value);
        if (!strcasecmp(name, "windowsize")) p->window = atoi(value);
        at = value + strlen(value) + 1;
    }
}

/* Takes a block; 1 when the transfer goes on with the next datagram of this socket. */
static int take(struct phone *p, unsigned block, ssize_t length, uint64_t now) {
    if (block != (p->next & 65535)) {
        /* Within a window a gap is told at once, but once. */
        if (p->window > 1 && p->in_window >= 0 && ((block - p->next) & 65535) < 32768) {
            acknowledge(p, p->next - 1, now);
            p->in_window = -1;
        }
        return 1;
    }
    if (p->in_window < 0) p->in_window = 0;
    p->next++, p->received += length, received += length, p->tries = 0, p->sent = now;
    if (p->abandons && p->next > 3) {
        abandoned++;
        finish(p, now);
        return 0;
    }
    int is_last = length < p->block_size;
    if (is_last || ++p->in_window == p->window) {
        acknowledge(p, block, now);
        p->in_window = 0;
    }
    if (is_last) complete(p, now);
    return !is_last;
}

static void hear(struct phone *p, uint64_t now) {
    static unsigned char packet[LARGEST + 1];
    struct sockaddr_in from;
    for (int more = 1; more;) {
        socklen_t size = sizeof from;
        ssize_t length = recvfrom(p->socket, packet, LARGEST, 0, (struct sockaddr *)&from, &size);
        if (length < 4) return;
        packet[length] = 0;
        if (chance(loss)) continue;
        if (!p->is_answered)
            p->peer = from, p->is_answered = 1;
        else if (from.sin_port != p->peer.sin_port)
            continue;
        if (packet[1] == DATA)
            more = take(p, packet[2] << 8 | packet[3], length - 4, now) && p->window > 1;
        else if (packet[1] == OACK && p->next == 1)
            agree(p, (char *)packet + 2, length - 2), acknowledge(p, 0, now);
        else if (packet[1] == ERROR) {
            refused++;
            finish(p, now);
            return;
        }
    }
}

static void repeat_the_silent(uint64_t now) {
    for (size_t i = 0; i < phone_count; i++) {
        struct phone *p = &phones[i];
        if (p->socket < 0 || now - p->sent < AGAIN_MS * 1000ull) continue;
        if (++p->tries > TRIES) {
            failed++;
            finish(p, now);
            continue;
        }
        repeats++, p->sent = now, p->in_window = 0;
        transmit(p);
    }
}

static int by_value(const void *a, const void *b) {
    float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

static double quantile(double q) { return took_count ? took[(size_t)((took_count - 1) * q)] : NAN; }

static void read_names(const char *path) {
    FILE *file = fopen(path, "r");
    if (!file) perror(path), exit(1);
    char line[512];
    while (fgets(line, 400, file)) {
        line[strcspn(line, "\n")] = 0;
        names = realloc(names, (name_count + 1) * sizeof *names);
        names[name_count++] = strdup(line);
    }
    fclose(file);
}

int main(int argc, char **argv) {
    if (argc != 11) return fprintf(stderr, "see the comment at the top of the source\n"), 2;
    server.sin_family = AF_INET;
    inet_pton(AF_INET, argv[1], &server.sin_addr);
    server.sin_port = htons(atoi(argv[2]));
    phone_count = atoi(argv[3]);
    double seconds = atof(argv[4]);
    transfers = atoll(argv[5]), block_size = atoi(argv[6]), window_size = atoi(argv[7]);
    share = (transfers + phone_count - 1) / phone_count;
    loss = atof(argv[8]), abandon = atof(argv[9]);
    read_names(argv[10]);
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    phones = calloc(phone_count, sizeof *phones);
    loop = epoll_create1(0);
    uint64_t start = now_us(), now = start, end = start + seconds * 1e6, look = start + 100000;
    for (size_t i = 0; i < phone_count; i++) ask(&phones[i], now_us());
    while (now < end && !(transfers && served + failed + refused + abandoned >= transfers)) {
        struct epoll_event events[256];
        int count = epoll_wait(loop, events, 256, 20);
        now = now_us();
        for (int i = 0; i < count; i++) hear(events[i].data.ptr, now);
        if (now > look) repeat_the_silent(now), look = now + 100000;
    }
    size_t starved = 0;
    for (size_t i = 0; i < phone_count; i++) starved += !phones[i].had;
    qsort(took, took_count, sizeof *took, by_value);
    printf("{\"served\": %llu, \"failed\": %llu, \"refused\": %llu, \"abandoned\": %llu, \"repeats\": %llu, "
           "\"starved\": %zu, \"bytes\": %llu, \"seconds\": %.3f, \"half_s\": %.3f, \"p50_ms\": %.1f, \"p99_ms\": %.1f, \"last_ms\": %.1f}\n",
           (unsigned long long)served, (unsigned long long)failed, (unsigned long long)refused,
           (unsigned long long)abandoned, (unsigned long long)repeats, starved, (unsigned long long)received,
           (now - start) / 1e6, half_at ? (half_at - start) / 1e6 : 0, quantile(0.5), quantile(0.99), quantile(1));
    return 0;
}
