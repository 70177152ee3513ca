namespace FastKv.Engine.Messages;

/// <summary>
/// A client as others may hold it: a plain value that stays valid for ever, and that reaches nobody once the session is over (or has been RESET).
/// </summary>
/// <param name="Id">Number of the session among all that its loop has had: the place is used again by others. Ascending.</param>
/// <param name="Loop">Index of the client's loop.</param>
/// <param name="Slot">Its place there.</param>
internal readonly record struct Receiver(long Id, int Loop, int Slot);
