using System.Text;
using Xunit;

namespace FastKv.Tests.TestKit;

/// <summary>The kit's own tests: what every other test here relies on.</summary>
public sealed class SelfTests
{
    [Theory]
    [InlineData("+OK\r\n")]
    [InlineData("-ERR x\r\n")]
    [InlineData(":-12\r\n")]
    [InlineData("$-1\r\n")]
    [InlineData("$5\r\na\r\nbc\r\n")]
    [InlineData("*2\r\n$1\r\na\r\n*1\r\n:1\r\n")]
    [InlineData("*-1\r\n")]
    [InlineData("_\r\n")]
    [InlineData("%1\r\n+k\r\n#t\r\n")]
    [InlineData("|1\r\n+k\r\n:1\r\n,1.5\r\n")]
    [InlineData("=7\r\ntxt:abc\r\n")]
    public void A_frame_is_read_only_when_it_is_whole(string text)
    {
        byte[] bytes = Encoding.Latin1.GetBytes(text + "+next\r\n");
        for (int end = 0; end < text.Length; end++)
        {
            int start = 0;
            Assert.Null(RespFrame.TryRead(bytes, end, ref start));
            Assert.Equal(0, start);
        }
        int position = 0;
        Assert.Equal(text, Encoding.Latin1.GetString(RespFrame.TryRead(bytes, bytes.Length, ref position)!.Raw));
        Assert.Equal(text.Length, position);
    }

    [Theory]
    [InlineData(ServerKind.Redis)]
    [InlineData(ServerKind.FastKv1)]
    [InlineData(ServerKind.FastKv3)]
    public void A_server_starts_answers_on_both_sockets_and_stops_cleanly(ServerKind kind)
    {
        using ServerProcess server = ServerProcess.Start(kind);
        using RespClient tcp = server.Connect();
        using RespClient unix = server.ConnectUnix();
        Assert.Equal("OK", tcp.Call("SET", "k", "v\r\n").Text);
        Assert.Equal("$3\r\nv\r\n\r\n", Encoding.Latin1.GetString(unix.Call("GET", "k").Raw));
        Assert.True(server.RssBytes > 0);
        Assert.Equal(0, server.Stop());
        Assert.False(server.IsRunning);
    }
}
