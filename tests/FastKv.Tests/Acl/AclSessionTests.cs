using FastKv.Tests.TestKit;
using Xunit;

namespace FastKv.Tests.Acl;

/// <summary>Sessions, and what becomes of them when users change: FastKv's clients are told what redis-server's are.</summary>
public sealed class AclSessionTests
{
    private static readonly Dictionary<string, string> Scripts = new()
    {
        ["logging in"] = """
            a> ACL SETUSER u on >p >q ~* +@all
            b> AUTH u wrong
            b> AUTH u
            b> AUTH nobody p
            b> AUTH u p x
            b> AUTH u p
            b> ACL WHOAMI
            b> AUTH default any
            b> ACL WHOAMI
            b> HELLO 3 AUTH u wrong SETNAME n
            b> HELLO 3 AUTH u q SETNAME n
            b> ACL WHOAMI
            b> CLIENT GETNAME
            b> RESET
            b> ACL WHOAMI
            a> ACL SETUSER u off
            b> AUTH u p
            a> ACL SETUSER u on <p
            b> AUTH u p
            b> AUTH u q
            a> ACL SETUSER u nopass
            b> AUTH u whatever
            a> ACL SETUSER u resetpass
            b> AUTH u whatever
            b> AUTH u ""
            b> ACL WHOAMI
            """,
        ["a password for all"] = """
            old> PING
            a> CONFIG SET requirepass secret
            old> PING
            new> PING
            new> NOSUCH
            new> GET
            new> MULTI
            new> EXEC
            new> ACL WHOAMI
            new> HELLO 3 AUTH default wrong
            new> AUTH wrong
            new> AUTH secret
            new> PING
            new> RESET
            new> PING
            waits> GET k
            old> CONFIG SET requirepass ""
            waits> GET k
            old> ACL SETUSER default off
            old> PING
            waits> GET k
            late> PING
            late> AUTH x
            late> AUTH default x
            old> ACL SETUSER default on
            late> PING
            old> ACL SETUSER default >p1 >p2
            last> PING
            last> AUTH p1
            last> AUTH p2
            old> CONFIG GET requirepass
            old> CONFIG SET requirepass p3
            last> AUTH p2
            last> AUTH p3
            old> CONFIG SET requirepass ""
            old> ACL GETUSER default
            """,
        ["rules change under a session"] = """
            a> ACL SETUSER u on nopass ~a* +@all
            b> AUTH u x
            b> SET abc 1
            b> SET xyz 1
            a> ACL SETUSER u ~x*
            b> SET xyz 1
            a> ACL SETUSER u -set
            b> SET xyz 1
            b> GET abc
            a> ACL SETUSER u resetkeys
            b> GET abc
            b> PING
            a> ACL SETUSER u off
            b> PING
            a> ACL SETUSER u reset
            b> PING
            b> AUTH default x
            b> PING
            """,
        ["the default user is restricted"] = """
            b> SET k 1
            a> AUTH default x
            a> ACL SETUSER admin on nopass ~* &* +@all
            a> AUTH admin x
            a> ACL SETUSER default resetkeys ~app:* -flushall
            b> SET k 1
            b> SET app:k 1
            b> FLUSHALL
            c> FLUSHALL
            c> GET k
            a> ACL SETUSER default ~k
            c> GET k
            a> ACL SETUSER default allkeys +flushall
            b> FLUSHALL
            """,
        ["deleting users"] = """
            a> ACL SETUSER u on nopass ~* +@all
            a> ACL SETUSER v on nopass ~* +@all
            b> AUTH u x
            c> AUTH u x
            d> AUTH v x
            a> ACL DELUSER u nobody
            b> PING
            c> PING
            d> ACL WHOAMI
            d> ACL DELUSER v
            d> PING
            a> ACL USERS
            """,
        ["killing clients of a user"] = """
            a> ACL SETUSER u on nopass ~* +@all
            b> AUTH u x
            c> PING
            a> CLIENT KILL USER nobody
            a> CLIENT KILL USER u
            b> PING
            c> PING
            """,
        ["transactions"] = """
            a> ACL SETUSER u on nopass ~* +@all
            b> AUTH u x
            b> MULTI
            b> SET k 1
            b> GET k
            b> SET l 2
            a> ACL SETUSER u -get resetkeys ~k
            b> EXEC
            a> ACL LOG RESET
            b> MULTI
            b> SET k 3
            b> GET k
            b> SET l 3
            b> EXEC
            b> MULTI
            b> SET k 4
            a> ACL SETUSER u -exec
            b> EXEC
            b> SET k 5
            b> DISCARD
            a> ACL SETUSER u +exec -multi
            b> MULTI
            a> ACL LOG
            """,
        ["the log"] = """
            a> ACL LOG RESET
            a> ACL SETUSER u on >p ~a +@all -flushall &ch
            b> AUTH u wrong
            b> auth u wrong
            b> HELLO 3 AUTH u wrong
            b> AUTH ghost p
            b> AUTH u p
            b> CLIENT SETNAME bb
            b> GET x
            b> GET x
            b> SET x 1
            b> GET y
            b> FLUSHALL
            b> CONFIG GET x
            b> SELECT 3
            b> GET x
            a> ACL LOG
            a> ACL LOG 2
            a> ACL LOG 0
            a> ACL LOG -3
            a> ACL LOG x
            a> ACL LOG 1 2
            a> CONFIG SET acllog-max-len 2
            b> GET x
            a> ACL LOG
            b> GET z
            a> ACL LOG
            a> CONFIG SET acllog-max-len 0
            b> GET w
            a> ACL LOG
            a> CONFIG SET acllog-max-len 128
            a> ACL LOG RESET
            a> ACL LOG
            """,
        ["sorting"] = """
            a> RPUSH l 1 2
            a> ACL SETUSER u on nopass +@all ~l %R~w_*
            b> AUTH u x
            b> SORT l BY w_*
            b> SORT l BY nosort
            b> SORT l GET w_*
            b> SORT l GET #
            b> SORT l STORE l
            b> SORT l STORE w_1
            a> ACL SETUSER u %R~*
            b> SORT l BY w_*
            b> SORT l GET # GET w_*
            b> SORT_RO l GET #
            a> ACL SETUSER u resetkeys ~l (+sort %R~*)
            b> SORT l GET #
            b> SORT_RO l GET #
            """,
        ["nopass and channels by default"] = """
            a> CONFIG SET acl-pubsub-default allchannels
            a> ACL SETUSER u (+get)
            a> ACL GETUSER u
            a> ACL SETUSER u resetchannels
            a> ACL GETUSER u
            a> ACL SETUSER u reset
            a> ACL GETUSER u
            a> CONFIG SET acl-pubsub-default resetchannels
            a> ACL SETUSER u reset
            a> ACL GETUSER u
            """,
        ["channels"] = """
            a> ACL SETUSER u on nopass +@all &ch* &news
            b> AUTH u x
            b> PUBLISH ch1 m
            b> PUBLISH other m
            b> SPUBLISH other m
            b> SUBSCRIBE other
            b> SUBSCRIBE ch1 other
            b> SSUBSCRIBE other
            b> PSUBSCRIBE *
            b> PSUBSCRIBE ch1
            b> PSUBSCRIBE ch*
            b> PUNSUBSCRIBE ch*
            a> ACL SETUSER u resetchannels &news
            b> PING
            c> AUTH u x
            c> SUBSCRIBE news
            a> ACL SETUSER u &more
            c> SUBSCRIBE more
            a> ACL SETUSER u resetchannels &n*
            c> PING
            d> AUTH u x
            d> SSUBSCRIBE news
            a> ACL SETUSER u resetchannels &new
            d> PING
            a> ACL SETUSER u (&* +subscribe)
            e> AUTH u x
            e> SUBSCRIBE any
            a> ACL SETUSER u clearselectors
            e> PING
            a> ACL SETUSER u allchannels
            f> AUTH u x
            f> PSUBSCRIBE any*
            a> ACL SETUSER u resetchannels
            f> PING
            a> ACL LOG
            """,
        ["blocking"] = """
            a> ACL SETUSER u on nopass ~a +@all
            b> AUTH u x
            b> BLPOP b 0
            b> BLPOP a b 0
            b> RPUSH a 1
            b> BLPOP a 0
            b> BLMOVE a b LEFT LEFT 1
            """,
    };

    public static TheoryData<string, ServerKind, int> Cases
    {
        get
        {
            var cases = new TheoryData<string, ServerKind, int>();
            foreach (string name in Scripts.Keys)
            {
                foreach (ServerKind kind in (ServerKind[])[ServerKind.FastKv1, ServerKind.FastKv3])
                {
                    cases.Add(name, kind, 2);
                    cases.Add(name, kind, 3);
                }
            }
            return cases;
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Clients_are_told_what_those_of_redis_server_are(string name, ServerKind kind, int protocol) =>
        Assert.Equal(Transcript(ServerKind.Redis, protocol, Scripts[name]), Transcript(kind, protocol, Scripts[name]));

    /// <summary>Sessions on all loops see a change with their next command, once it has been answered.</summary>
    [Theory]
    [InlineData(ServerKind.Redis)]
    [InlineData(ServerKind.FastKv1)]
    [InlineData(ServerKind.FastKv3)]
    public void A_change_holds_from_the_next_command_on(ServerKind kind)
    {
        using ServerProcess server = ServerProcess.Start(kind);
        using RespClient admin = server.Connect();
        admin.Call("ACL", "SETUSER", "admin", "on", "nopass", "~*", "+@all");
        admin.Call("AUTH", "admin", "x");
        admin.Call("ACL", "SETUSER", "u", "on", "nopass", "~*", "+@all", "&*");
        RespClient[] clients = [.. Enumerable.Range(0, 9).Select(_ => server.Connect())];
        for (int i = 0; i < clients.Length; i += 2)
            clients[i].Call("AUTH", "u", "x");
        for (int round = 0; round < 200; round++)
        {
            bool isPermitted = round % 2 == 1;
            foreach (string user in (string[])["u", "default"])
                Assert.Equal("OK", admin.Call("ACL", "SETUSER", user, isPermitted ? "+@all" : "-echo").Text);
            foreach (RespClient client in clients)
            {
                client.Send("ECHO", "a");
                client.Send("SET", $"k{round}", "v");
            }
            foreach (RespClient client in clients)
            {
                Assert.Equal(isPermitted ? "a" : "NOPERM this user has no permissions to run the 'echo' command", client.Read().Text);
                Assert.Equal("OK", client.Read().Text);
            }
        }
        foreach (RespClient client in clients)
            client.Dispose();
    }

    private static string Transcript(ServerKind kind, int protocol, string script)
    {
        using ServerProcess server = ServerProcess.Start(kind);
        using var transcript = new AclTranscript(server, protocol);
        return transcript.Run(script);
    }
}
