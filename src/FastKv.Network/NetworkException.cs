using System.Runtime.InteropServices;

namespace FastKv.Network;

/// <summary>
/// A failed control-plane call (socket, bind, listen, ring set-up). The text is the call and the system's message, e.g.
/// "bind: Address already in use".
/// </summary>
public sealed class NetworkException : IOException
{
    /// <summary>Names the call that failed and its errno.</summary>
    public NetworkException(string operation, int errorCode)
        : base($"{operation}: {Marshal.GetPInvokeErrorMessage(errorCode)}")
    {
        Operation = operation;
        ErrorCode = errorCode;
    }

    /// <summary>A failure without errno, such as a missing kernel feature.</summary>
    public NetworkException(string message)
        : base(message) => Operation = "";

    /// <summary>The call that failed, e.g. <c>bind</c>; empty when no call failed.</summary>
    public string Operation { get; }

    /// <summary>The errno of the call; 0 when no call failed.</summary>
    public int ErrorCode { get; }
}
