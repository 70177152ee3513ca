using System.Text;
using FastKv.Tests.TestKit;
using Xunit;

namespace FastKv.Tests.Hashes;

/// <summary>A FastKv with a guarded heap, shared by the tests of one class, which run one after the other.</summary>
public abstract class HashServer(ServerKind kind, params string[] options) : IDisposable
{
    /// <summary>The server.</summary>
    public ServerProcess Process { get; } = ServerProcess.Start(kind, options);

    /// <summary>A new RESP2 connection, after FLUSHALL.</summary>
    public RespClient Emptied()
    {
        RespClient client = Process.Connect();
        client.Call("FLUSHALL");
        return client;
    }

    /// <summary>Asserts the reply to a command of words separated by blanks; arrays are written <c>[a b nil]</c>, errors with their dash.</summary>
    public static void Expect(RespClient client, string command, string expected)
    {
        string shown = Shown(client.Call(command.Split(' ')));
        if (!TimesToLive.Agree(command, expected, shown))
            Assert.Equal($"{command} => {expected}", $"{command} => {shown}");
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Process.Dispose();
        GC.SuppressFinalize(this);
    }

    private static string Shown(RespFrame reply)
    {
        if (reply.IsNull)
            return "nil";
        if (reply.Items is not null)
            return "[" + string.Join(' ', reply.Items.Select(Shown)) + "]";
        return reply.Type is '$' or '+' ? reply.Text : Encoding.Latin1.GetString(reply.Raw).TrimEnd('\r', '\n').TrimStart(':');
    }
}
