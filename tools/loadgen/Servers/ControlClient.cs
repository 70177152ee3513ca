// A plain blocking client for the few questions around a run: INFO, FLUSHALL, DBSIZE. Control plane.
using System.Net;
using System.Net.Sockets;
using System.Text;
using FastKv.LoadGen.Load;
using FastKv.Protocol;

namespace FastKv.LoadGen.Servers;

/// <summary>One connection, one request at a time.</summary>
internal sealed unsafe class ControlClient : IDisposable
{
    private const int TimeoutMs = 60_000;

    private readonly Socket _socket;
    private byte[] _buffer = new byte[16 * 1024];

    /// <summary>Connects.</summary>
    /// <exception cref="SocketException">Refused.</exception>
    public ControlClient(EndPoint endPoint)
    {
        ProtocolType protocol = endPoint is UnixDomainSocketEndPoint ? ProtocolType.Unspecified : ProtocolType.Tcp;
        _socket = new Socket(endPoint.AddressFamily, SocketType.Stream, protocol) { ReceiveTimeout = TimeoutMs, SendTimeout = TimeoutMs };
        try
        {
            _socket.Connect(endPoint);
        }
        catch
        {
            _socket.Dispose();
            throw;
        }
    }

    /// <summary>Sends a command and waits for its reply, whose RESP text is returned as it came.</summary>
    /// <exception cref="LoadException">The connection broke or the reply is no RESP.</exception>
    public string Call(params string[] words)
    {
        try
        {
            _socket.Send(Encode(words));
            return Receive();
        }
        catch (SocketException error)
        {
            throw new LoadException($"{words[0]}: {error.Message}");
        }
    }

    /// <summary>As <see cref="Call"/>, but an error reply is an exception.</summary>
    public string Require(params string[] words)
    {
        string reply = Call(words);
        return reply.StartsWith('-') ? throw new LoadException($"{words[0]}: {reply[1..].TrimEnd()}") : reply;
    }

    /// <summary>A command in RESP.</summary>
    public static byte[] Encode(params string[] words)
    {
        var text = new StringBuilder($"*{words.Length}\r\n");
        foreach (string word in words)
            text.Append($"${Encoding.UTF8.GetByteCount(word)}\r\n{word}\r\n");
        return Encoding.UTF8.GetBytes(text.ToString());
    }

    /// <inheritdoc/>
    public void Dispose() => _socket.Dispose();

    private string Receive()
    {
        int held = 0;
        while (true)
        {
            if (held == _buffer.Length)
                Array.Resize(ref _buffer, held * 2);
            int count = _socket.Receive(_buffer, held, _buffer.Length - held, SocketFlags.None);
            if (count == 0)
                throw new LoadException("the server closed the connection");
            held += count;
            fixed (byte* start = _buffer)
            {
                long length = RespReader.TryMeasure(start, start + held);
                if (length < 0)
                    throw new LoadException("malformed reply");
                if (length > 0)
                    return Encoding.UTF8.GetString(_buffer, 0, (int)length);
            }
        }
    }
}
