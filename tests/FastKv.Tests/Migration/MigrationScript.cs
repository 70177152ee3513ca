using FastKv.Tests.TestKit;
using Xunit;

namespace FastKv.Tests.Migration;

/// <summary>
/// Lines of commands for a server and the one that it moves keys to. HOST and PORT stand for the target, CLOSED for a port where nobody listens, MUTE for one that
/// never answers, SELF for the server's own; a line that begins with TARGET goes to the target, one with OTHER to the server, on another connection.
/// </summary>
internal static class MigrationScript
{
    /// <summary>Plays the lines for servers of these kinds, and for two of Redis: each reply must be the same.</summary>
    public static void AssertAlike(string[] script, ServerKind source, ServerKind target, int resp)
    {
        List<string> expected = Play(script, ServerKind.Redis, ServerKind.Redis, resp);
        List<string> actual = Play(script, source, target, resp);
        for (int i = 0; i < expected.Count; i++)
            Assert.Equal(expected[i], actual[i]);
        Assert.Equal(expected.Count, actual.Count);
    }

    /// <summary>Plays the lines; returns each with its reply.</summary>
    public static List<string> Play(string[] script, ServerKind sourceKind, ServerKind targetKind, int resp)
    {
        using var source = ServerProcess.Start(sourceKind);
        using var target = ServerProcess.Start(targetKind);
        using var ours = source.Connect();
        using var others = source.Connect();
        return Play(script, ours, others, source.Port, target, resp);
    }

    /// <summary>As above, on a server that has been started.</summary>
    public static List<string> Play(string[] script, RespClient ours, RespClient others, int ownPort, ServerProcess target, int resp)
    {
        using var mute = new SilentTarget();
        using var theirs = target.Connect();
        ours.Call("HELLO", resp.ToString());
        string closed = FreePort.Next().ToString();
        var replies = new List<string>();
        foreach (string line in script)
        {
            string[] words = line.Split(' ').Select(word => word switch
            {
                "HOST" => "127.0.0.1",
                "PORT" => target.Port.ToString(),
                "CLOSED" => closed,
                "MUTE" => mute.Port,
                "SELF" => ownPort.ToString(),
                "LONG" => new string('h', 300),
                "''" => "",
                _ => word,
            }).ToArray();
            var reply = words[0] switch
            {
                "TARGET" => theirs.Call(words[1..]),
                "OTHER" => others.Call(words[1..]),
                _ => ours.Call(words),
            };
            replies.Add($"{line}: {reply}");
        }
        return replies;
    }
}
