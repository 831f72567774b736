# SPDX-License-Identifier: BSD-2-Clause
#
# Values for every attribute: right ones, ones at the edge of what is right, and wrong ones. Each is
# the text after the operator; a function makes one from a random source.

DIRECTORY = "@DIR@"  # of the daemon, see world.py

INTEGERS = ("0 1 2 3 7 10 255 256 65535 65536 2147483647 2147483648 4294967295 4294967296 4294967297 "
            "9223372036854775807 9223372036854775808 18446744073709551615 18446744073709551616 "
            "99999999999999999999999 -1 -0 -2 -2147483648 -2147483649 -4294967296 +1 00 007 08 010 "
            "0x10 0X1f 1e3 1.5 .5 1. x 1x x1 1- -- + - 1,2 1_000 ' \"1\" UNLIMITED unlimited Unlimited "
            "UNLIMITEDx NEVER FOREVER never yes no ١ ½").split()
YES_NO = "yes no YES No yEs y n true false 1 0 on off yesno maybe".split()
USERS = ("root nobody daemon alice bob 0 1 65534 54321 00 007 4294967294 4294967295 4294967296 -1 +1 0x0 "
         "nosuchuser ROOT root:root root.root root: :root alice:wheelers 99999999999999999999 1000x "
         "al*ice").split()
GROUPS = ("root nogroup daemon wheelers readers 0 1 65534 4002 00 4294967295 4294967296 -1 nosuchgroup "
          "ROOT wheelers,readers 4002x").split()
SERVERS = ("/bin/true /bin/cat /bin/echo /bin/sh /bin/false /usr/bin/env /bin/../bin/true //bin//true "
           "/ /bin /nonexistent /etc/passwd bin/true true ./true /bin/true/ /dev/null /bin/true/x "
           "~/x $HOME/x \"/bin/true\"").split()
WORDS = ("a -v --flag hello %A $HOME \"quoted text\" 'x' a=b # ; | & * ? ~ \\ \\n = == += { } , . : "
         "é \x7f \x01 trailing\\").split(" ")
TYPES = ("UNLISTED INTERNAL RPC TCPMUX TCPMUXPLUS SPECIAL unlisted Internal UNLISTEDx NONE "
         "UNLISTED,INTERNAL").split()
FLAGS = ("REUSE INTERCEPT NORETRY IDONLY NAMEINARGS NODELAY KEEPALIVE NOLIBWRAP SENSOR IPv4 IPv6 "
         "LABELED reuse ipv4 IPV6 NOTHING NODELAY,KEEPALIVE REUSE=1 DISABLE").split()
SUCCESS = "HOST PID DURATION EXIT USERID TRAFFIC host Pid ATTEMPT RECORD ALL NONE HOST,PID".split()
FAILURE = "HOST ATTEMPT USERID host RECORD PID EXIT DURATION TRAFFIC HOST|ATTEMPT".split()
FACILITIES = ("daemon auth authpriv user mail lpr news uucp ftp local0 local1 local2 local3 local4 local5 "
              "local6 local7 DAEMON Local0 local8 local kern cron syslog security audit").split()
LEVELS = ("emerg alert crit err warning notice info debug INFO warn error panic information "
          "none").split()
SIZES = ("0 1 100 1000 5120 20480 100000 1k 1K 1m 1M 1g 1G 1kb 10kk -1 -5 0k 2147483647 2147483648 "
         "4294967296 9223372036854775807 9223372036854775808 18446744073709551616 99999999999M x "
         "1.5k 0x10 +5 1000 5k 010k").split()
LIMITS = ("0 1 64 1024 4096 1K 1k 1M 8M 1m 1G 1g 1KB 4096M -1 -2 +1 UNLIMITED unlimited Unlimited "
          "2147483647 2147483648 4294967295 4294967296 9223372036854775807 9223372036854775808 "
          "18446744073709551615 18446744073709551616 18014398509481984K 99999999999999999999M x M K "
          "1.5M 0x10 08 1MM UNLIMITEDX").split()
ADDRESSES = ("127.0.0.1 10.1.2.3 10.1.2.0 10.1.0.0 10.0.0.0 10.0.5.0 0.0.0.0 0 10 10.1 10.1.2 0x7f.1 "
             "010.1.1.1 10.1.2.3/24 10.1.2.3/32 10.1.2.3/33 10.1.2.3/0 127/8 10.1/16 10.0.0.0/255.0.0.0 "
             "10.1.2.3/ 10.1.2.3/-1 10.1.2.3/x 10.1.2.3/8x 10.1.2.3/+8 10.1.2.3/08 10.1.2.3/008 /8 "
             "10.1.{2,3} 10.1.2.{4,5} 10.{1,2} {10,11} 127.0.0.{255} 127.0.0.{300} 127.{0,1}.0 10.1.{2 "
             "10.1.{} 10.1.{2,} 10.1.{,2} 10.1.{2,,3} 10.1..{2} 10.1.{2}/24 10.{1}.{2} 10.1.2}3 "
             "10.1.2.{a} 10.1.2.{1,b} 10.1.2.{-1} 10.1.2.3.{4} a.{1} 10.1.{0,0} {} { 2001:db8::1 :: ::1 "
             "2001:db8::/32 ::/0 ::1/128 ::1/129 ::1/127 2001:db8::1/ ::1/x ::ffff:10.1.2.3 "
             "::ffff:10.0.0.0/104 fe80::1%lo fe80::1%nosuch [::1] 2001:db8:: 1:2:3:4:5:6:7:8 "
             "1:2:3:4:5:6:7:8:9 :::: ::g 12345:: localhost five.example.test six.example.test five "
             "FIVE.example.test .example.test .EXAMPLE.test .5 . .. .a ..a example.test. nosuch.invalid "
             "testnet TESTNET mynet * ALL 1.2.3.4-9 256.1.1.1 1.2.3.4,5.6.7.8 1.2.3.4, , "
             "10.1.2.3.4 10.1.2. .10.1.2 10..1.2 -1 4294967295 4294967296 0xffffffff 255.255.255.255 "
             "224.0.0.1 host_name a-b -a 1a 10.1.2.3# #x 10.1.2.256 10.1.256 10.65536 10.1.65535").split()
BINDS = ("127.0.0.1 127.0.0.1 ::1 ::1 0.0.0.0 :: localhost 192.0.2.1 2001:db8::1 127.0.0.5 five.example.test "
         "198.51.100.1 nosuch.invalid eth0 lo 127.1 127 0 1.2.3 256.0.0.1 1.2.3.4.5 ::ffff:127.0.0.1 "
         "fe80::1 ::g [::1] 127.0.0.1/8 127.0.0.1:80 * .. 0.0.0.0.0 010.0.0.1").split()
TIMES = ("0:00-23:59 1:00-2:00 01:00-02:00 1:0-2:5 :-1:1 0:0-0:1 22:00-6:00 23:59-23:59 0:00-24:00 "
         "8:00-9:00,10:00-11:00 1-2 8:00-9:00x 8:60-9:00 8:00-9:60 24:00-25:00 -1:00-2:00 8:00- -9:00 "
         "8:00 8:00-9 8-9:00 08:00--09:00 8:00-9:00- 0008:0000-0009:0000 8:00:00-9:00:00 : - :-: a:b-c:d "
         "4294967296:00-4294967297:00 18446744073709551624:00-9:00 +8:00-9:00 8:+0-9:00 0:0-:5 "
         "8:00-9:00 10:00-11:30 12:00-13:00").split()
PORTS = ("0 1 80 65535 65536 70000 -1 +80 080 0080 0x50 80x x http finger 1.5 4294967296 4294967297 "
         "65616 ' 8,0").split()
ENVIRONMENT = ("A=1 B=2 A=2 PATH=/bin A= =x == A B A=b=c A=\"q MODE=test LC_ALL=C é=1 a.b=c 1=2 =".split())
PASSED = "PATH LANG TZ HOME NOSUCH path A=1 PATH=x = * LANG,TZ".split()
REDIRECTS = ("127.0.0.1 ::1 localhost five.example.test 192.0.2.1 nosuch.invalid 256.1.1.1 "
             "127.1 127.0.0.1:80 [::1] 0.0.0.0 :: * 2001:db8::1").split()
PROTOCOLS = ("tcp udp tcp udp TCP UDP Tcp icmp sctp ip 6 17 tcp6 tcp4 tcp/ip nosuch dccp ipv6 "
             "IPv6-ICMP").split()
SOCKET_TYPES = "stream dgram raw seqpacket STREAM Dgram rdm packet streams tcp datagram".split()
UMASKS = "022 0 00 7 77 777 0777 0022 27 1000 8 08 -1 +1 0x1 x 778 00000777 18446744073709551616 7x".split()
LOADS = ("1 2.5 0 0.0 -1 -0.0 2x x .5 5. 1e3 1e400 nan inf -inf INF 0x10 0x1p3 +2 1,5 00 0.00001 1e-400 "
         "99999999999999999999 -").split()
VERSIONS = ("1 2 1-3 3-1 2-2 0 1- -2 1-2-3 x 1-x a-b 4294967295 4294967296 -1 1,2 1--2 +1 01-02 "
            "1-100 2x").split()
DENY_TIMES = ("FOREVER NEVER forever Never 0 1 60 -1 -2 -100 2147483647 2147483648 4294967296 x 1x 1.5 "
              "0x10 +5 010 99999999999999999999").split()
BANNERS = f"/etc/hosts /nonexistent /etc relative {DIRECTORY}/banner /dev/null".split()
LIBWRAP = "in.tcpd sshd ALL a b% é \"x\" in.ftpd:21".split()


def one(*pools):
    """A word of one of the lists; they are told apart by nothing."""
    words = [word for pool in pools for word in pool]
    return lambda random: random.choice(words)


def some(words, most=4, least=1):
    return lambda random: " ".join(random.choice(words)
                                   for _ in range(random.randint(least, most)))


def log_type(random):
    kind = random.choices(("SYSLOG", "FILE", "syslog", "File", "NONE", "SYSLOGX"),
                          (40, 40, 5, 5, 5, 5))[0]
    if kind.upper() == "SYSLOG":
        words = [random.choice(FACILITIES)] + [random.choice(LEVELS)] * random.choice((0, 1, 1, 2))
    else:
        name = random.choice(("records", "log", "nosuch/log", ""))
        words = [f"{DIRECTORY}/{name}"] + random.choices(SIZES, k=random.choice((0, 1, 2, 2, 3)))
    if random.random() < 0.03:
        words = []
    return " ".join([kind, *words])


def cps(random):
    return " ".join(random.choice(INTEGERS) for _ in range(random.choice((2, 2, 2, 2, 1, 3))))


def redirect(random):
    return f"{random.choice(REDIRECTS)} {random.choice(PORTS)}"


# Attributes and what makes their values; every name of the table of usherd.conf(5) that xinetd has.
ANY = {
    "id": lambda random: random.choice(("same-id", "i/1", "a,b", "\"x\"", "UPPER", "i+1", "a=b")),
    "type": some(TYPES, 3), "flags": some(FLAGS, 4), "disable": one(YES_NO),
    "socket_type": one(SOCKET_TYPES), "protocol": one(PROTOCOLS), "wait": one(YES_NO),
    "user": one(USERS), "group": one(GROUPS), "groups": one(YES_NO), "instances": one(INTEGERS),
    "per_source": one(INTEGERS), "cps": cps, "max_load": one(LOADS), "nice": one(INTEGERS),
    "server": one(SERVERS), "server_args": some(WORDS, 5), "only_from": some(ADDRESSES, 4, 0),
    "no_access": some(ADDRESSES, 4, 0), "access_times": some(TIMES, 3), "log_type": log_type,
    "log_on_success": some(SUCCESS, 4, 0), "log_on_failure": some(FAILURE, 4, 0),
    "rpc_version": one(VERSIONS), "rpc_number": one(INTEGERS), "env": some(ENVIRONMENT, 4, 0),
    "passenv": some(PASSED, 3, 0), "port": one(PORTS), "redirect": redirect, "bind": one(BINDS),
    "interface": one(BINDS), "banner": one(BANNERS), "banner_success": one(BANNERS),
    "banner_fail": one(BANNERS), "umask": one(UMASKS), "enabled": some(("a", "b"), 2),
    "disabled": some(("a", "b"), 2), "rlimit_as": one(LIMITS), "rlimit_cpu": one(LIMITS),
    "rlimit_data": one(LIMITS), "rlimit_files": one(LIMITS), "rlimit_rss": one(LIMITS),
    "rlimit_stack": one(LIMITS), "deny_time": one(DENY_TIMES), "v6only": one(YES_NO),
    "libwrap": one(LIBWRAP), "mdns": one(YES_NO),
}

# Values that are right in any service, so that not every section fails at once.
RIGHT = {
    "groups": ("yes", "no"), "instances": ("5", "UNLIMITED", "0", "1000"), "per_source": ("3", "UNLIMITED"),
    "cps": ("10 5", "0 1", "100 30", "1 0"), "max_load": ("2.5", "10", "4x"), "nice": ("5", "-3", "0", "19"),
    "server_args": ("a b", "-v", "x # y"), "only_from": ("127.0.0.1", "10.1.0.0 ::1", "10.1.{2,3}",
                                                       "localhost", ".example.test", ""),
    "no_access": ("127.0.0.66", "10.0.0.0/8 2001:db8::/32", ""), "access_times": ("8:00-9:00", ":-1:1"),
    "log_type": ("SYSLOG daemon", "SYSLOG local3 notice", f"FILE {DIRECTORY}/records",
                 f"FILE {DIRECTORY}/log 1000 5k", f"FILE {DIRECTORY}/log 1000"),
    "log_on_success": ("HOST PID", "EXIT DURATION", "USERID", ""), "log_on_failure": ("HOST", "ATTEMPT", ""),
    "env": ("A=1 B=2", "PATH=/x", ""), "passenv": ("PATH", "LANG TZ", ""), "bind": ("127.0.0.1", "::1"),
    "interface": ("127.0.0.1", "192.0.2.1"), "banner": ("/etc/hosts",), "banner_success": ("/etc/hosts",),
    "banner_fail": ("/etc/hosts",), "umask": ("022", "77"), "rlimit_as": ("64M", "UNLIMITED"),
    "rlimit_cpu": ("10", "UNLIMITED"), "rlimit_data": ("1M",), "rlimit_files": ("64",),
    "rlimit_rss": ("8M",), "rlimit_stack": ("1M", "512K"), "deny_time": ("60", "FOREVER"),
    "v6only": ("yes",), "libwrap": ("in.tcpd",), "group": ("nogroup", "wheelers", "0"),
    "user": ("nobody", "alice", "0"), "flags": ("REUSE", "NODELAY KEEPALIVE", "IPv4", "IPv6", "NOLIBWRAP",
                                               "NORETRY", "IPv4 IPv6", "REUSE NOLIBWRAP IPv4"),
    "mdns": ("no",),
}
IN_DEFAULTS = ("log_on_success log_on_failure only_from no_access passenv enabled disabled log_type instances "
               "per_source cps bind banner banner_success banner_fail groups umask max_load v6only").split()
