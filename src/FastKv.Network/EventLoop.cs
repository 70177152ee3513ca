using System.Net;
using FastKv.Memory;

namespace FastKv.Network;

public enum IoEngine { Auto, IoUring, Epoll }

public enum CloseReason { Peer, Error, Local }

public interface IConnectionHandler
{
    void OnAccepted(int socket, Listener listener);
    void OnReceived(Connection connection, ReadOnlySpan<byte> bytes);
    void OnWritable(Connection connection);
    void OnClosed(Connection connection, CloseReason reason);
}

public sealed class Listener
{
    public EndPoint EndPoint => throw new NotImplementedException();
    public bool IsUnixSocket => throw new NotImplementedException();
}

public sealed class Connection
{
    public BufferChain Output => throw new NotImplementedException();
    public object? Owner { get; set; }
    public int Socket => throw new NotImplementedException();
    public bool IsClosing => throw new NotImplementedException();
    public EndPoint? RemoteEndPoint => throw new NotImplementedException();
    public EndPoint? LocalEndPoint => throw new NotImplementedException();
}

public abstract class EventLoop : IDisposable
{
    public static EventLoop Create(IoEngine engine, IConnectionHandler handler, BufferPool pool, int connectionsMax = 16384) => throw new NotImplementedException();
    public abstract string EngineName { get; }
    public abstract Connection Adopt(int socket, object? owner);
    public abstract Listener Listen(EndPoint endPoint, int backlog);
    public abstract void CloseListener(Listener listener);
    public abstract void PauseReceive(Connection connection);
    public abstract void ResumeReceive(Connection connection);
    public abstract void Flush(Connection connection);
    public abstract void Close(Connection connection, bool afterFlush);
    public abstract int Poll(long timeoutMicroseconds);
    public abstract void Wake();
    public abstract void Dispose();
}
