using FastKv.Tests.TestKit;
using Xunit;

namespace FastKv.Tests.Strings;

/// <summary>A FastKv shared by the tests of one class, which run one after the other.</summary>
public abstract class StringServer(ServerKind kind, params string[] options) : IDisposable
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

    /// <summary>Asserts a reply: the line of a simple one, <c>$-1</c>, or the text of a bulk string.</summary>
    public static void Expect(RespClient client, string expected, params string[] command)
    {
        RespFrame reply = client.Call(command);
        string actual = reply.Type == '$' && !reply.IsNull ? reply.Text : System.Text.Encoding.Latin1.GetString(reply.Raw).TrimEnd('\r', '\n');
        Assert.Equal(string.Join(' ', command) + " => " + expected, string.Join(' ', command) + " => " + actual);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Process.Dispose();
        GC.SuppressFinalize(this);
    }
}
