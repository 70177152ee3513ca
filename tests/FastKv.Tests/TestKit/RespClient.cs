using System.Net;
using System.Net.Sockets;
using System.Text;

namespace FastKv.Tests.TestKit;

/// <summary>
/// A synchronous RESP client that hides nothing: sends any bytes, and hands each reply back as the exact bytes received.
/// One thread at a time. Every read and write has a timeout, so that a hanging server fails a test instead of the run.
/// </summary>
public sealed class RespClient : IDisposable
{
    private readonly Socket _socket;
    private byte[] _buffer = new byte[64 * 1024];
    private int _start;
    private int _end;

    private RespClient(Socket socket) => _socket = socket;

    /// <summary>The underlying socket, for tests of half-open and slow connections.</summary>
    public Socket Socket => _socket;

    /// <summary>Connects to an IP or Unix endpoint. The timeout holds for each later read and write too.</summary>
    public static RespClient Connect(EndPoint endpoint, int timeoutMs = 60_000)
    {
        bool unix = endpoint is UnixDomainSocketEndPoint;
        var socket = new Socket(endpoint.AddressFamily, SocketType.Stream, unix ? ProtocolType.Unspecified : ProtocolType.Tcp);
        try
        {
            if (!unix)
                socket.NoDelay = true;
            socket.ReceiveTimeout = timeoutMs;
            socket.SendTimeout = timeoutMs;
            socket.Connect(endpoint);
            return new RespClient(socket);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Encodes a command as a RESP array of bulk strings.</summary>
    public static byte[] Encode(params byte[][] arguments)
    {
        using var stream = new MemoryStream();
        stream.Write(Encoding.ASCII.GetBytes($"*{arguments.Length}\r\n"));
        foreach (byte[] argument in arguments)
        {
            stream.Write(Encoding.ASCII.GetBytes($"${argument.Length}\r\n"));
            stream.Write(argument);
            stream.Write("\r\n"u8);
        }
        return stream.ToArray();
    }

    /// <summary>Encodes a command of Latin-1 strings (one char, one byte).</summary>
    public static byte[] Encode(params string[] arguments) => Encode(arguments.Select(Encoding.Latin1.GetBytes).ToArray());

    /// <summary>Sends bytes as they are.</summary>
    public void SendRaw(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
            bytes = bytes[_socket.Send(bytes)..];
    }

    /// <summary>Sends Latin-1 text as it is.</summary>
    public void SendRaw(string text) => SendRaw(Encoding.Latin1.GetBytes(text));

    /// <summary>Sends a command without waiting for its reply.</summary>
    public void Send(params string[] arguments) => SendRaw(Encode(arguments));

    /// <summary>Sends a command and reads one reply.</summary>
    public RespFrame Call(params string[] arguments)
    {
        Send(arguments);
        return Read();
    }

    /// <summary>Sends a command of binary arguments and reads one reply.</summary>
    public RespFrame CallBytes(params byte[][] arguments)
    {
        SendRaw(Encode(arguments));
        return Read();
    }

    /// <summary>Sends the batches as one write and reads <paramref name="count"/> replies.</summary>
    public RespFrame[] Pipeline(ReadOnlySpan<byte> commands, int count)
    {
        SendRaw(commands);
        var replies = new RespFrame[count];
        for (int i = 0; i < count; i++)
            replies[i] = Read();
        return replies;
    }

    /// <summary>Reads one reply. Throws <see cref="EndOfStreamException"/> when the server closes first.</summary>
    public RespFrame Read()
    {
        while (true)
        {
            if (_end > _start && RespFrame.TryRead(_buffer, _end, ref _start) is { } frame)
                return frame;
            if (!Fill())
                throw new EndOfStreamException("the server closed the connection; unread: " + RespFrame.Printable(_buffer.AsSpan(_start, _end - _start)));
        }
    }

    /// <summary>Reads one line without its CRLF; for raw protocol tests.</summary>
    public string ReadLine()
    {
        while (true)
        {
            int lineEnd = Array.IndexOf(_buffer, (byte)'\n', _start, _end - _start);
            if (lineEnd >= 0)
            {
                string line = Encoding.Latin1.GetString(_buffer, _start, lineEnd - _start).TrimEnd('\r');
                _start = lineEnd + 1;
                return line;
            }
            if (!Fill())
                throw new EndOfStreamException("the server closed the connection in a line");
        }
    }

    /// <summary>Reads exactly <paramref name="count"/> bytes in pieces and passes each to <paramref name="piece"/>; nothing is kept.</summary>
    public void ReadExactly(long count, Action<ReadOnlyMemory<byte>> piece)
    {
        while (count > 0)
        {
            if (_start == _end && !Fill())
                throw new EndOfStreamException($"the server closed with {count} bytes missing");
            int take = (int)Math.Min(count, _end - _start);
            piece(_buffer.AsMemory(_start, take));
            _start += take;
            count -= take;
        }
    }

    /// <summary>Everything the server sends until it closes (or resets) the connection.</summary>
    public byte[] ReadToEnd()
    {
        try
        {
            while (Fill())
            {
            }
        }
        catch (SocketException e) when (e.SocketErrorCode is SocketError.ConnectionReset or SocketError.ConnectionAborted or SocketError.Shutdown)
        {
            // A reset is one of the ways in which a server closes; what had arrived before it still counts.
            return _buffer[_start.._end];
        }
        return _buffer[_start.._end];
    }

    /// <summary>True when the server has closed the connection (waits up to the read timeout for the close or for bytes).</summary>
    public bool IsClosedByPeer()
    {
        try
        {
            return !Fill();
        }
        catch (SocketException e)
        {
            return e.SocketErrorCode != SocketError.TimedOut && e.SocketErrorCode != SocketError.WouldBlock;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _socket.Dispose();

    private bool Fill()
    {
        if (_start == _end)
            _start = _end = 0;
        else if (_end == _buffer.Length && _start > 0)
        {
            Buffer.BlockCopy(_buffer, _start, _buffer, 0, _end - _start);
            _end -= _start;
            _start = 0;
        }
        if (_end == _buffer.Length)
            Array.Resize(ref _buffer, _buffer.Length * 2);
        int received = _socket.Receive(_buffer, _end, _buffer.Length - _end, SocketFlags.None);
        _end += received;
        return received > 0;
    }
}
