/* Phones for the storm: one epoll loop, so cheap that the servers are what is measured.
 *
 *     storm_load PORT EACH PATIENCE_MS REQUESTS_FILE
 *
 * REQUESTS_FILE has a request a line: the status that is right, the path and the user-agent, with tabs between;
 * EACH lines are one phone. All phones begin at once. Each asks for its files one after the other, with a new
 * connection for each, from an address of its own in 127.0.0.0/8. Where no whole answer came within PATIENCE_MS
 * it asks again, and a second after a connection that was refused or broken. The result is one line of JSON.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { HEAD = 1024, AGAIN_US = 1000000, LOOK_US = 100000 };

struct phone {
    int socket, is_sent;
    unsigned at, head_length;
    uint64_t began, due, received, ready;
    char head[HEAD];
};

static struct phone *phones;
static char **requests;
static int *statuses;
static unsigned phone_count, each, done;
static int loop;
static struct sockaddr_in server;
static uint64_t start, patience, timeouts, broken, wrong, took_count;
static float *took;

static uint64_t now_us(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static void hang_up(struct phone *p) {
    if (p->socket >= 0)
        close(p->socket);
    p->socket = -1;
}

static void fail(struct phone *p, uint64_t now) {
    broken++;
    hang_up(p);
    p->due = now + AGAIN_US;
}

/* Ask for what comes next; due is then the end of patience, else the moment to begin again. */
static void begin(struct phone *p, uint64_t now) {
    struct sockaddr_in own = {.sin_family = AF_INET};
    struct epoll_event event = {.events = EPOLLOUT | EPOLLIN | EPOLLET, .data.ptr = p};
    int one = 1;
    own.sin_addr.s_addr = htonl((127u << 24 | 1u << 16) + 1 + (uint32_t)(p - phones));
    p->head_length = p->received = p->is_sent = 0;
    p->socket = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (p->socket < 0) {
        perror("socket");
        exit(1);
    }
    setsockopt(p->socket, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof one);
    if (bind(p->socket, (struct sockaddr *)&own, sizeof own)
        || (connect(p->socket, (struct sockaddr *)&server, sizeof server) && errno != EINPROGRESS)) {
        fail(p, now);
        return;
    }
    p->due = now + patience;
    epoll_ctl(loop, EPOLL_CTL_ADD, p->socket, &event);
}

/* The answer is over: right if it has the status and, where it tells one, the length that it should. */
static void answered(struct phone *p, uint64_t now) {
    char *end, *length;
    p->head[p->head_length < HEAD ? p->head_length : HEAD - 1] = 0;
    end = strstr(p->head, "\r\n\r\n");
    length = strcasestr(p->head, "\r\nContent-Length:");
    if (!end || !length || p->received != (uint64_t)(end + 4 - p->head) + strtoull(length + 17, NULL, 10)) {
        fail(p, now);
        return;
    }
    hang_up(p);
    wrong += atoi(p->head + 9) != statuses[(p - phones) * each + p->at];
    took[took_count++] = now - p->began;
    if (++p->at == each) {
        p->ready = now;
        p->due = UINT64_MAX;
        done++;
        return;
    }
    p->began = now;
    begin(p, now);
}

static void advance(struct phone *p, unsigned events) {
    static char scrap[262144];
    uint64_t now = now_us();
    const char *request = requests[(p - phones) * each + p->at];
    ssize_t got;
    if (!p->is_sent && events & EPOLLERR) {
        fail(p, now);
        return;
    }
    if (!p->is_sent && events & EPOLLOUT) {
        if (send(p->socket, request, strlen(request), MSG_NOSIGNAL) != (ssize_t)strlen(request)) {
            fail(p, now);
            return;
        }
        p->is_sent = 1;
    }
    while ((got = recv(p->socket, scrap, sizeof scrap, 0)) > 0) {
        size_t room = HEAD - p->head_length, part = (size_t)got < room ? (size_t)got : room;
        memcpy(p->head + p->head_length, scrap, part);
        p->head_length += part;
        p->received += got;
    }
    /* A server's machine whose table of closed connections is full resets them, after all has arrived. */
    if (got == 0 || errno != EAGAIN)
        answered(p, now);
}

static void look(uint64_t now) {
    for (struct phone *p = phones; p < phones + phone_count; p++) {
        if (p->due > now)
            continue;
        if (p->socket >= 0) {
            timeouts++;
            hang_up(p);
        }
        begin(p, now);
    }
}

static void read_requests(const char *name) {
    char line[4096];
    size_t count = 0, room = 0;
    FILE *file = fopen(name, "r");
    if (!file) {
        perror(name);
        exit(1);
    }
    while (fgets(line, sizeof line, file)) {
        char text[8192], *status = strtok(line, "\t\n"), *path = strtok(NULL, "\t\n"), *agent = strtok(NULL, "\t\n");
        if (count == room) {
            room = room * 2 + 1024;
            requests = realloc(requests, room * sizeof *requests);
            statuses = realloc(statuses, room * sizeof *statuses);
        }
        snprintf(text, sizeof text, "GET %s HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: %s\r\nConnection: close\r\n\r\n",
                 path, agent ? agent : "-");
        statuses[count] = atoi(status);
        requests[count++] = strdup(text);
    }
    fclose(file);
    phone_count = count / each;
}

static int by_size(const void *a, const void *b) {
    float one = *(const float *)a, two = *(const float *)b;
    return (one > two) - (one < two);
}

static void report(void) {
    float *ready = malloc(phone_count * sizeof *ready);
    for (unsigned i = 0; i < phone_count; i++)
        ready[i] = phones[i].ready - start;
    qsort(ready, phone_count, sizeof *ready, by_size);
    qsort(took, took_count, sizeof *took, by_size);
    printf("{\"all_s\": %.3f, \"median_phone_s\": %.3f, \"p99_ms\": %.1f, \"requests\": %lu, \"timeouts\": %lu,"
           " \"broken\": %lu, \"wrong\": %lu}\n",
           ready[phone_count - 1] / 1e6, ready[phone_count / 2] / 1e6, took[took_count * 99 / 100] / 1e3,
           (unsigned long)took_count, (unsigned long)timeouts, (unsigned long)broken, (unsigned long)wrong);
}

int main(int argc, char **argv) {
    struct rlimit limit;
    struct epoll_event events[512];
    uint64_t looked;
    if (argc != 5)
        return 2;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    server = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(atoi(argv[1]))};
    server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    each = atoi(argv[2]);
    patience = strtoull(argv[3], NULL, 10) * 1000;
    read_requests(argv[4]);
    phones = calloc(phone_count, sizeof *phones);
    took = calloc((size_t)phone_count * each, sizeof *took);
    loop = epoll_create1(0);
    start = looked = now_us();
    for (struct phone *p = phones; p < phones + phone_count; p++) {
        p->began = now_us();
        begin(p, p->began);
    }
    while (done < phone_count) {
        int count = epoll_wait(loop, events, 512, LOOK_US / 1000);
        for (int i = 0; i < count; i++)
            advance(events[i].data.ptr, events[i].events);
        if (now_us() - looked >= LOOK_US) {
            looked = now_us();
            look(looked);
        }
    }
    report();
    return 0;
}
