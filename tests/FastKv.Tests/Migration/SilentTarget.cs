using System.Net;
using System.Net.Sockets;
using FastKv.Tests.TestKit;

namespace FastKv.Tests.Migration;

/// <summary>A target that accepts connections and says nothing, or what a test wants it to say.</summary>
internal sealed class SilentTarget : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly List<Socket> _sockets = [];

    public SilentTarget(Action<Socket>? talk = null)
    {
        _listener.Start();
        var thread = new Thread(() => Accept(talk)) { IsBackground = true };
        thread.Start();
    }

    public string Port => ((IPEndPoint)_listener.LocalEndpoint).Port.ToString();

    /// <summary>Connections so far.</summary>
    public int Count
    {
        get
        {
            lock (_sockets)
                return _sockets.Count;
        }
    }

    /// <summary>Waits until somebody has connected.</summary>
    public void WaitForConnection()
    {
        Patience.Until(() => Count != 0, "nobody connects");
    }

    public void Dispose()
    {
        _listener.Stop();
        lock (_sockets)
        {
            foreach (var socket in _sockets)
                socket.Dispose();
        }
    }

    private void Accept(Action<Socket>? talk)
    {
        try
        {
            while (true)
            {
                var socket = _listener.AcceptSocket();
                lock (_sockets)
                    _sockets.Add(socket);
                talk?.Invoke(socket);
            }
        }
        catch (SocketException exception) when (exception.SocketErrorCode is SocketError.Interrupted or SocketError.OperationAborted or SocketError.ConnectionReset)
        {
            Ended = true;
        }
    }

    /// <summary>The listener has been closed.</summary>
    public bool Ended { get; private set; }
}
