using System.Net.Sockets;
using System.Text;
using FastKv.Tests.TestKit;
using Xunit;

namespace FastKv.Tests.Differential;

/// <summary>
/// Raw bytes, in good and bad form, sent to redis-server and to FastKv: everything that comes back until the server closes must
/// be equal. Each input goes as one piece and byte by byte, for a parser that resumes must find the same errors.
/// </summary>
public sealed class ProtocolErrorTests(DifferentialOneShardTests.Fixture servers) : IClassFixture<DifferentialOneShardTests.Fixture>
{
    /// <summary>Inputs; the sender closes its side after each.</summary>
    public static TheoryData<string> Inputs =>
    [
        "PING\r\n", "PING\n", "ping  hello \r\n", "\r\n\r\nPING\r\n", "\n", "SET k \"a b\\x41\\n\"\r\nGET k\r\n", "SET k 'it\\'s'\r\nGET k\r\n",
        "SET k \"unbalanced\r\n", "SET k \"a\"b\r\n", "ECHO 'a'b\r\n", "ECHO \"\\x4\"\r\n", "ECHO \"\"\r\n", "   \r\nPING\r\n", "GET\r\n", "PING\0x\r\n",
        "ECHO \t tab\r\n",
        "*0\r\nPING\r\n", "*-1\r\nPING\r\n", "*-10\r\nPING\r\n", "*1\r\n$4\r\nPING\r\n", "*abc\r\n", "*\r\n", "*1048577\r\n", "*2147483648\r\n",
        "*99999999999999999999\r\n", "*1 \r\n", "*+1\r\n$4\r\nPING\r\n",
        "*01\r\n$4\r\nPING\r\n", "*1\r\nPING\r\n", "*1\r\n:4\r\n", "*1\r\n\r\n", "*1\r\n$-1\r\n", "*1\r\n$abc\r\n", "*1\r\n$\r\n", "*1\r\n$536870913\r\n",
        "*1\r\n$99999999999999999999\r\n", "*1\r\n$0\r\n\r\n",
        "*2\r\n$4\r\nECHO\r\n$0\r\n\r\n", "*1\r\n$4\r\nPINGxxPING\r\n", "*2\r\n$3\r\nGET\r\n$1\r\nk", "*1\r\n$4\r\nPI",
        "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$-5\r\n", "*1\n$4\nPING\n", "*1\r\n$4 \r\nPING\r\n",
        "$4\r\nPING\r\n", ":1\r\n", "+OK\r\n", "-ERR\r\n", "*1\r\n*1\r\n$4\r\nPING\r\n", "\0\0\0\r\n", "\xff\xfe\r\n", "GET / HTTP/1.1\r\nHost: x\r\n\r\n",
        "POST / HTTP/1.1\r\n\r\n", "*2\r\n$5\r\nHost:\r\n$1\r\nx\r\n",
        "*1\r\n$4\r\nPING\r\n*1\r\n$4\r\nQUIT\r\n*1\r\n$4\r\nPING\r\n", "QUIT\r\nPING\r\n", "QUIT now\r\n", "*2\r\n$6\r\nCLIENT\r\n$5\r\nREPLY\r\n",
        "CLIENT REPLY OFF\r\nPING\r\nCLIENT REPLY ON\r\nPING\r\n",
        "CLIENT REPLY SKIP\r\nPING\r\nECHO a\r\n", "CLIENT REPLY SKIP\r\nCLIENT REPLY OFF\r\nPING\r\nCLIENT REPLY ON\r\n",
        "HELLO 3\r\nGET nothing\r\nHELLO 2\r\nGET nothing\r\n", "HELLO 3 SETNAME me\r\nCLIENT GETNAME\r\nRESET\r\nCLIENT GETNAME\r\n",
        "SELECT 1\r\nSET a 1\r\nRESET\r\nGET a\r\n", "SETNAME\r\n", "PING a b\r\n", "*3\r\n$4\r\nPING\r\n$1\r\na\r\n$1\r\nb\r\n",
    ];

    /// <summary>Protocol errors that only size brings about.</summary>
    [Fact]
    public void Oversized_lines_are_refused_alike()
    {
        foreach (string input in (string[])[new string('x', 70_000), "*" + new string('1', 70_000), "*1\r\n$" + new string('1', 70_000),
            "*1\r\n" + new string('a', 70_000)])
            AssertAlike(input, 8192);
    }

    [Theory]
    [MemberData(nameof(Inputs))]
    public void Input_is_answered_alike(string input)
    {
        AssertAlike(input, int.MaxValue);
        // Hanging up drops the replies that have not left yet: which ones is a matter of time when the input comes in pieces.
        if (input.StartsWith("GET /", StringComparison.Ordinal))
            return;
        AssertAlike(input, 1);
    }

    private void AssertAlike(string input, int piece)
    {
        string expected = Exchange(servers.Expected, input, piece);
        string actual = Exchange(servers.Actual, input, piece);
        Assert.True(expected == actual, $"input {RespFrame.Printable(Encoding.Latin1.GetBytes(input))} in pieces of {piece}\nexpected {expected}\nactual   {actual}");
    }

    private static string Exchange(ServerProcess server, string input, int piece)
    {
        using RespClient client = server.Connect(5000);
        byte[] bytes = Encoding.Latin1.GetBytes(input);
        try
        {
            for (int at = 0; at < bytes.Length; at += Math.Min(piece, bytes.Length - at))
                client.SendRaw(bytes.AsSpan(at, Math.Min(piece, bytes.Length - at)));
            client.Socket.Shutdown(SocketShutdown.Send);
        }
        catch (SocketException e) when (e.SocketErrorCode is SocketError.ConnectionReset or SocketError.Shutdown or SocketError.NotConnected)
        {
            // The server has refused the input before its end; what it said is what counts.
            return WithoutHello(client.ReadToEnd());
        }
        return WithoutHello(client.ReadToEnd());
    }

    // HELLO's reply names the server; only its presence is compared.
    private static string WithoutHello(byte[] bytes)
    {
        var text = new StringBuilder();
        for (int at = 0; at < bytes.Length;)
        {
            if (RespFrame.TryRead(bytes, bytes.Length, ref at) is not { } frame)
                return text.Append(RespFrame.Printable(bytes.AsSpan(at))).ToString();
            text.Append(frame.Items is { Length: 14 } ? $"{frame.Type}HELLO" : RespFrame.Printable(frame.Raw)).Append(' ');
        }
        return text.ToString();
    }
}
