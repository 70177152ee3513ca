using FastKv.Tests.TestKit;
using Xunit;

namespace FastKv.Tests.Persistence;

/// <summary>Clients that wait, and commands that serve them: what such a client takes is an effect of the command that brought it.</summary>
internal static class ServedClients
{
    // Who waits, and what serves it; # is a number, so that keys lie on all shards by and by. A command after | is one more of the same transaction.
    private static readonly (string Waiting, string Serving)[] s_examples =
    [
        ("BLPOP l# 0", "RPUSH l# a b c"),
        ("BRPOP none# l# 0", "RPUSH l# a b c"),
        ("BLPOP l# 0", "SET x# 1|RPUSH l# a b|INCR x#"),
        ("BLMPOP 0 2 none# l# LEFT COUNT 2", "LPUSH l# a b c"),
        ("BLMOVE l# to# LEFT RIGHT 0", "RPUSH l# a b c"),
        ("BLMOVE l# l# LEFT RIGHT 0", "RPUSH l# a b c"),
        ("BRPOPLPUSH l# to# 0", "RPUSH l# a"),
        ("BRPOPLPUSH l# to# 0", "RPUSH other# a b|RENAME other# l#|APPEND s# x"),
        ("BLPOP l# 0", "RPUSH other# a b|COPY other# l#"),
        ("BLPOP l# 0", "RPUSH other# 3 1 2|SORT other# STORE l#"),
        ("BLPOP l# 0", "RPUSH other# a b|LMOVE other# l# LEFT LEFT"),
        ("BZPOPMIN z# 0", "ZADD z# 1 a 2 b"),
        ("BZPOPMAX none# z# 0", "ZADD z# 1 a 2 b"),
        ("BZMPOP 0 1 z# MAX COUNT 2", "ZADD z# 1 a 2 b 3 c"),
        ("BZPOPMIN z# 0", "SADD set# a b|ZUNIONSTORE z# 1 set#"),
        ("BZPOPMIN z# 0", "GEOADD g# 1 1 a 2 2 b|GEOSEARCHSTORE z# g# FROMLONLAT 1 1 BYRADIUS 1000 km"),
        ("XREADGROUP GROUP g c# BLOCK 0 STREAMS stream# >", "XADD stream# * f v"),
        ("XREADGROUP GROUP g c# BLOCK 0 NOACK STREAMS stream# >", "XADD stream# 99999999999999-* f v|XADD stream# * f w"),
    ];

    /// <summary>Runs each example some times over different keys.</summary>
    public static void Run(Func<RespClient> connect, int rounds)
    {
        using RespClient client = connect();
        int number = 0;
        for (int round = 0; round < rounds; round++)
        {
            foreach (var (waiting, serving) in s_examples)
            {
                string suffix = $"{++number}";
                if (waiting.StartsWith('X'))
                    client.Call("XGROUP", "CREATE", "stream" + suffix, "g", "$", "MKSTREAM");
                using RespClient waiter = connect();
                waiter.Send(Words(waiting, suffix));
                while (!client.Call("INFO", "clients").Text.Contains("blocked_clients:1\r", StringComparison.Ordinal))
                    Thread.Sleep(1);
                Serve(client, [.. serving.Split('|').Select(command => Words(command, suffix))]);
                RespFrame reply = waiter.Read();
                Assert.False(reply.IsError || reply.IsNull, $"{waiting}: {reply}");
            }
        }
    }

    private static void Serve(RespClient client, string[][] commands)
    {
        if (commands.Length > 1)
            client.Call("MULTI");
        foreach (string[] command in commands)
            Assert.False(client.Call(command).IsError, string.Join(' ', command));
        if (commands.Length > 1)
            Assert.Equal(commands.Length, client.Call("EXEC").Items!.Length);
    }

    private static string[] Words(string command, string suffix) => command.Replace("#", suffix, StringComparison.Ordinal).Split(' ');
}
