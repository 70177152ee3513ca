using System.Text;
using FastKv.Tests.Introspection;
using FastKv.Tests.TestKit;
using Xunit;

namespace FastKv.Tests.Sessions;

/// <summary>CLIENT KILL and CLIENT LIST beside redis-server: whom they find, and when a client that was killed is gone for others.</summary>
public sealed class ClientKillTests(ServerTriple servers) : IClassFixture<ServerTriple>
{
    private const int PatienceMs = 60_000;

    /// <summary>More than there are loops, so that some victims are on the killer's own loop and some on others.</summary>
    private const int Victims = 7;

    public static TheoryData<int> Shards => new(1, 3);

    /// <summary>In one pipeline, and in a transaction: the second CLIENT KILL finds nobody, nor does anything else.</summary>
    [Theory]
    [MemberData(nameof(Shards))]
    public void A_client_that_was_killed_is_gone_at_once(int shards)
    {
        foreach (bool inTransaction in (bool[])[false, true])
        {
            string expected = KillTwice(servers.Redis, inTransaction);
            Assert.Contains("1\n0\n0\n0\n", expected, StringComparison.Ordinal);
            Assert.Equal(expected, KillTwice(servers.FastKv(shards), inTransaction));
        }
    }

    /// <summary>All are killed whom a filter fits; each is counted once.</summary>
    [Theory]
    [MemberData(nameof(Shards))]
    public void All_that_match_are_killed(int shards)
    {
        string KillAll(ServerProcess server)
        {
            using RespClient control = Alone(server);
            RespClient[] victims = Enumerable.Range(0, Victims).Select(_ => server.Connect()).ToArray();
            foreach (RespClient victim in victims)
                victim.Call("PING");
            string own = control.Call("CLIENT", "ID").Text;
            control.SendRaw("CLIENT KILL TYPE normal\r\nCLIENT KILL TYPE normal\r\nCLIENT KILL TYPE pubsub SKIPME no\r\nINFO clients\r\n");
            control.SendRaw($"CLIENT KILL ID {own} SKIPME no\r\nPING\r\n");
            string text = $"{control.Read().Text} {control.Read().Text} {control.Read().Text} {Connected(control.Read())} {control.Read().Text}\n";
            text += control.ReadToEnd().Length + "\n";
            foreach (RespClient victim in victims)
            {
                text += victim.ReadToEnd().Length;
                victim.Dispose();
            }
            using RespClient after = Alone(server);
            return text;
        }

        string expected = KillAll(servers.Redis);
        Assert.StartsWith("7 0 0 1 1\n0\n", expected, StringComparison.Ordinal);
        Assert.Equal(expected, KillAll(servers.FastKv(shards)));
    }

    /// <summary>All clients of the Unix socket have the same address; the old form kills all of them, the one that calls it too.</summary>
    [Theory]
    [MemberData(nameof(Shards))]
    public void The_old_form_kills_all_clients_of_an_address(int shards)
    {
        string KillByAddress(ServerProcess server)
        {
            string address = server.SocketPath + ":0", text = "";
            using RespClient control = Alone(server);
            foreach (bool byItself in (bool[])[false, true])
            {
                RespClient[] victims = Enumerable.Range(0, Victims).Select(_ => server.ConnectUnix()).ToArray();
                foreach (RespClient victim in victims)
                    victim.Call("PING");
                text += (byItself ? victims[3] : control).Call("CLIENT", "KILL", address) + "\n";
                foreach (RespClient victim in victims)
                {
                    text += Encoding.Latin1.GetString(victim.ReadToEnd()) + ";";
                    victim.Dispose();
                }
                text += control.Call("CLIENT", "KILL", address) + "\n";
            }
            return text;
        }

        string expected = KillByAddress(servers.Redis);
        Assert.Contains("+\"OK\"\n;;;;;;;", expected, StringComparison.Ordinal);
        Assert.Equal(expected, KillByAddress(servers.FastKv(shards)));
    }

    [Theory]
    [MemberData(nameof(Shards))]
    public void A_list_of_ids_is_answered_in_its_order(int shards)
    {
        string List(ServerProcess server)
        {
            RespClient[] clients = Enumerable.Range(0, 5).Select(_ => server.Connect()).ToArray();
            List<string> ids = [.. clients.Select(client => client.Call("CLIENT", "ID").Text)];
            string text = "";
            foreach (int[] order in (int[][])[[3, 1, 1], [4, 0, 3, 0], [2], [0, 1, 2, 3, 4], [1, 9, 0]])
            {
                string[] asked = [.. order.Select(i => i < ids.Count ? ids[i] : "99999999")];
                string[] lines = clients[0].Call(["CLIENT", "LIST", "ID", .. asked]).Text.Split('\n', StringSplitOptions.RemoveEmptyEntries);
                text += string.Join(' ', lines.Select(line => ids.IndexOf(line.Split(' ')[0]["id=".Length..]))) + "\n";
            }
            text += clients[0].Call("CLIENT", "LIST", "ID", ids[0], "x", ids[1]) + "\n";
            foreach (RespClient client in clients)
                client.Dispose();
            return text;
        }

        string expected = List(servers.Redis);
        Assert.StartsWith("3 1 1\n4 0 3 0\n", expected, StringComparison.Ordinal);
        Assert.Equal(expected, List(servers.FastKv(shards)));
    }

    private static string KillTwice(ServerProcess server, bool inTransaction)
    {
        var text = new StringBuilder();
        using RespClient control = Alone(server);
        RespClient[] victims = Enumerable.Range(0, Victims).Select(_ => server.Connect()).ToArray();
        string[] ids = [.. victims.Select(victim => victim.Call("CLIENT", "ID").Text)];
        victims[1].Send("BLPOP", "none", "0");
        victims[2].Send("BLPOP", "none", "other", "0");
        victims[3].Call("SUBSCRIBE", "channel");
        victims[4].Call("MULTI");
        while (!control.Call("INFO", "clients").Text.Contains("blocked_clients:2\r", StringComparison.Ordinal))
            Thread.Sleep(1);
        foreach (string id in ids)
        {
            string[] commands = [$"CLIENT KILL ID {id}", $"CLIENT KILL ID {id}", $"CLIENT LIST ID {id}", $"CLIENT UNBLOCK {id}", "INFO clients"];
            if (inTransaction)
                commands = ["MULTI", .. commands, "EXEC"];
            control.SendRaw(string.Join("\r\n", commands) + "\r\n");
            RespFrame[] replies = [.. commands.Select(_ => control.Read())];
            if (inTransaction)
                replies = replies[^1].Items!;
            text.Append($"{replies[0].Text}\n{replies[1].Text}\n{replies[2].Text.Length}\n{replies[3].Text}\n{Connected(replies[4])} connected\n");
        }
        foreach (RespClient victim in victims)
        {
            text.Append(victim.ReadToEnd().Length).Append(" bytes\n");
            victim.Dispose();
        }
        return text.ToString();
    }

    /// <summary>A connection to a server that has no other clients (any more).</summary>
    private static RespClient Alone(ServerProcess server)
    {
        RespClient control = server.Connect();
        long end = Environment.TickCount64 + PatienceMs;
        while (Connected(control.Call("INFO", "clients")) is var connected && connected != "1")
        {
            Assert.True(Environment.TickCount64 < end, $"{connected} clients are counted");
            Thread.Sleep(1);
        }
        return control;
    }

    private static string Connected(RespFrame info) =>
        info.Text.Split("\r\n").Single(line => line.StartsWith("connected_clients:", StringComparison.Ordinal))["connected_clients:".Length..];
}
